package judge

import (
	"encoding/json"
	"fmt"

	"catsvdogs/services/enricher/endpoint"
	"catsvdogs/services/enricher/sentiment"
)

// The request and the answer on the wire, as doc.go has them.
type (
	text struct {
		ID   string `json:"id"`
		Lang string `json:"lang"`
		Text string `json:"text"`
	}
	answer struct {
		Model    string    `json:"model"`
		Verdicts []verdict `json:"verdicts"`
	}
	verdict struct {
		ID    *string  `json:"id"`
		Score *float64 `json:"score"`
		Label *string  `json:"label"`
	}
)

var exchange = endpoint.Exchange[Text, Verdict]{Head: `{"texts":[`, Tail: `]}`, Item: item, Decode: decode}

func item(t Text) (any, string) {
	return text{ID: endpoint.ID(t.ID), Lang: t.Lang, Text: t.Text}, ""
}

// decode reads an answer about the asked texts. What is wrong with one verdict is that verdict's reason.
func decode(body []byte, asked []Text) ([]endpoint.Result[Verdict], error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	model, err := endpoint.ModelName(a.Model)
	if err != nil {
		return nil, err
	}
	err = endpoint.SameOrder(asked, func(t Text) string { return t.ID }, a.Verdicts, func(v verdict) *string { return v.ID })
	if err != nil {
		return nil, err
	}
	results := make([]endpoint.Result[Verdict], len(asked))
	for i, v := range a.Verdicts {
		if reason := v.refused(); reason != "" {
			results[i].Reason = reason
			continue
		}
		// + 0 makes of -0, which documents would show, a 0.
		results[i].Answer = Verdict{Score: *v.Score + 0, Label: v.label(), Model: model}
	}
	return results, nil
}

// refused is why the verdict is not believed, "" if it is.
func (v verdict) refused() string {
	switch {
	case v.Score == nil:
		return endpoint.ReasonNoAnswer
	case !(*v.Score >= -1 && *v.Score <= 1): // so that NaN is refused, should a codec ever let one through
		return ReasonInvalidScore
	}
	switch label := v.label(); {
	case label == "positive" && *v.Score >= 0, label == "neutral", label == "negative" && *v.Score <= 0:
		return ""
	default:
		return ReasonInvalidLabel
	}
}

// label is the model's, or what follows from its score.
func (v verdict) label() string {
	if v.Label != nil {
		return *v.Label
	}
	return sentiment.Label(*v.Score)
}
