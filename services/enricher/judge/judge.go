package judge

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/enricher/endpoint"
)

// Config is the part of the enricher's configuration that names the model. Its flags are --sentiment-url,
// --sentiment-timeout and so on; without an address no model is asked.
type Config struct {
	Endpoint endpoint.Config `kong:"embed,prefix='sentiment-',set='asked=the sentiment of posts',set='timeout=1s'"`
}

// Enabled reports whether a model is to be asked.
func (c Config) Enabled() bool { return c.Endpoint.Enabled() }

// Check lists everything that is wrong, each with its flag.
func (c Config) Check() error { return c.Endpoint.Check("sentiment-") }

// Text is what is judged.
type Text struct {
	ID   string // of the post; any text
	Lang string // as the source says, may be "und" or empty
	Text string // as written
}

// Verdict is what the model says about one text.
type Verdict struct {
	Score float64 // -1 to 1, 0 when there is a reason
	Label string  // positive, neutral or negative; empty when there is a reason
	Model string  // the model's name, at most 64 printing characters; empty when there is a reason
	// Reason is why there is no score: one of endpoint's reasons, invalid_score or invalid_label; empty when the text
	// was judged.
	Reason string
}

// Reasons for which one verdict of a good answer is refused.
const (
	ReasonInvalidScore = "invalid_score" // not from -1 to 1
	ReasonInvalidLabel = "invalid_label" // unknown, or against the score
)

// Judge asks one model. Many goroutines may use it at once.
type Judge struct{ client *endpoint.Client }

// New returns a Judge. The error is endpoint.ErrOff when cfg names no model; otherwise it is about cfg, or about a
// metric that r already has.
func New(cfg Config, r prometheus.Registerer, logger *slog.Logger) (*Judge, error) {
	client, err := endpoint.New("sentiment_model", cfg.Endpoint, r, logger)
	if err != nil {
		return nil, err
	}
	return &Judge{client}, nil
}

// Judge returns a verdict for each text, in their order, after the configured timeout at the latest, or when ctx ends.
func (j *Judge) Judge(ctx context.Context, texts []Text) []Verdict {
	results := endpoint.Ask(ctx, j.client, texts, exchange)
	verdicts := make([]Verdict, len(results))
	for i, r := range results {
		verdicts[i] = r.Answer
		verdicts[i].Reason = r.Reason
	}
	return verdicts
}
