package vision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/enricher/endpoint"
)

// Label is what a picture may show: a team of the contest.
type Label struct {
	ID   string // of the team: "cats"
	Name string // shown to people: "Cats"
}

// Post is what is looked at.
type Post struct {
	ID string // of the post; any text
	// Pictures are the addresses of its pictures, from outside and not yet checked. A video counts by its preview.
	Pictures []string
}

// Answer is what the model says about the pictures of one post.
type Answer struct {
	Confidence map[string]float64 // for each label's ID, 0 to 1, how sure the model is; nil when there is a reason
	Model      string             // the model's name, at most 64 printing characters; empty when there is a reason
	// Reason is why there is no answer: one of endpoint's reasons, no_picture or invalid_confidence; empty when the
	// model looked.
	Reason string
}

const (
	// ReasonNoPicture is about a post without a picture whose address may be handed on.
	ReasonNoPicture = "no_picture"
	// ReasonInvalidConfidence is about an answer that lacks a label, or whose confidence is not from 0 to 1.
	ReasonInvalidConfidence = "invalid_confidence"
)

// Vision asks one model. Many goroutines may use it at once.
type Vision struct {
	client   *endpoint.Client
	exchange endpoint.Exchange[Post, Answer]
}

// New returns a Vision that asks about labels, of which there must be one or more, each with an ID of its own. The
// error is endpoint.ErrOff when cfg names no model; otherwise it is about cfg, the labels, or a metric that r already
// has.
func New(cfg Config, labels []Label, r prometheus.Registerer, logger *slog.Logger) (*Vision, error) {
	if len(labels) == 0 {
		return nil, errors.New("set up the vision_model: there is no label to look for")
	}
	for i, l := range labels {
		if l.ID == "" || slices.ContainsFunc(labels[:i], func(before Label) bool { return before.ID == l.ID }) {
			return nil, fmt.Errorf("set up the vision_model: the label %q has no id of its own", l.ID)
		}
	}
	exchange, err := newExchange(labels, cfg.VisionHosts)
	if err != nil {
		return nil, fmt.Errorf("set up the vision_model: %w", err)
	}
	client, err := endpoint.New("vision_model", cfg.Endpoint, r, logger)
	if err != nil {
		return nil, err
	}
	return &Vision{client, exchange}, nil
}

// Look returns an answer for each post, in their order, after the configured timeout at the latest, or when ctx ends.
func (v *Vision) Look(ctx context.Context, posts []Post) []Answer {
	results := endpoint.Ask(ctx, v.client, posts, v.exchange)
	answers := make([]Answer, len(results))
	for i, r := range results {
		answers[i] = r.Answer
		answers[i].Reason = r.Reason
	}
	return answers
}
