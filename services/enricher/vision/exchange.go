package vision

import (
	"encoding/json"
	"fmt"
	"slices"

	"catsvdogs/services/enricher/endpoint"
)

// The request and the answer on the wire, as doc.go has them.
type (
	label struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	post struct {
		ID       string   `json:"id"`
		Pictures []string `json:"pictures"`
	}
	answer struct {
		Model   string `json:"model"`
		Answers []seen `json:"answers"`
	}
	seen struct {
		ID         *string             `json:"id"`
		Confidence map[string]*float64 `json:"confidence"`
	}
)

func newExchange(labels []Label, hosts []string) (endpoint.Exchange[Post, Answer], error) {
	labels, hosts = slices.Clone(labels), slices.Clone(hosts)
	asked := make([]label, len(labels))
	for i, l := range labels {
		asked[i] = label(l)
	}
	written, err := json.Marshal(asked)
	if err != nil {
		return endpoint.Exchange[Post, Answer]{}, fmt.Errorf("write the labels: %w", err)
	}
	return endpoint.Exchange[Post, Answer]{
		Head: `{"labels":` + string(written) + `,"posts":[`,
		Tail: `]}`,
		Item: func(p Post) (any, string) {
			allowed := pictures(p.Pictures, hosts)
			if len(allowed) == 0 {
				return nil, ReasonNoPicture
			}
			return post{ID: endpoint.ID(p.ID), Pictures: allowed}, ""
		},
		Decode: func(body []byte, asked []Post) ([]endpoint.Result[Answer], error) {
			return decode(body, labels, asked)
		},
	}, nil
}

// decode reads an answer about the asked posts. What is wrong with the answer about one is that one's reason.
func decode(body []byte, labels []Label, asked []Post) ([]endpoint.Result[Answer], error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	model, err := endpoint.ModelName(a.Model)
	if err != nil {
		return nil, err
	}
	err = endpoint.SameOrder(asked, func(p Post) string { return p.ID }, a.Answers, func(s seen) *string { return s.ID })
	if err != nil {
		return nil, err
	}
	results := make([]endpoint.Result[Answer], len(asked))
	for i, s := range a.Answers {
		confidence, reason := s.confidence(labels)
		if reason != "" {
			results[i].Reason = reason
			continue
		}
		results[i].Answer = Answer{Confidence: confidence, Model: model}
	}
	return results, nil
}

// confidence is that of each label, and of nothing else that the model may name.
func (s seen) confidence(labels []Label) (byID map[string]float64, reason string) {
	if s.Confidence == nil {
		return nil, endpoint.ReasonNoAnswer
	}
	byID = make(map[string]float64, len(labels))
	for _, l := range labels {
		c := s.Confidence[l.ID]
		if c == nil || !(*c >= 0 && *c <= 1) { // so that NaN is refused, should a codec ever let one through
			return nil, ReasonInvalidConfidence
		}
		byID[l.ID] = *c + 0 // makes of -0, which documents would show, a 0
	}
	return byID, ""
}
