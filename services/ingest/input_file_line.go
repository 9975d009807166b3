package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/matching"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
)

// xLines takes lines as X's stream sends them.
type xLines struct {
	source    string // whose they are
	rules     *matching.Matcher
	traces    traceparent.Maker
	unmatched prometheus.Counter
}

func newXLines(cfg Config, r prometheus.Registerer) (*xLines, error) {
	c, err := cfg.contest()
	if err != nil {
		return nil, err
	}
	rules, err := matching.New(c)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the contest: %w", err)
	}
	source := cfg.FileSource
	if source == "" {
		source = tweet.SourceX
	}
	return &xLines{
		source: source, rules: rules, traces: traceparent.New(),
		unmatched: promauto.With(r).NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_unmatched_posts_total", Help: "Posts that match no rule of the contest and were passed over."}),
	}, nil
}

// take is a takeLine.
func (x *xLines) take(ctx context.Context, l line.Line, deliver func(ctx context.Context, record tweet.Raw)) int {
	m := readLine(l.Bytes)
	r := lineRecord(l, x.source, tweet.SchemaX, &x.traces)
	r.Key = m.key
	switch {
	case l.Truncated():
	case m.deleted:
		r.Kind = tweet.KindDelete
	case m.judge:
		if r.MatchedRules = x.rules.Match(m.post); r.MatchedRules == nil {
			x.unmatched.Inc()
			return 0
		}
	}
	deliver(ctx, r)
	return 1
}

// blueskyLines takes events as Jetstream sends them.
func blueskyLines(posts *blueskyPosts) takeLine {
	return func(ctx context.Context, l line.Line, deliver func(ctx context.Context, record tweet.Raw)) int {
		e, err := bluesky.ParseEvent(l.Bytes)
		if !l.Truncated() && (err == nil || e.Flawed) {
			return posts.take(ctx, e, l.Bytes, deliver)
		}
		deliver(ctx, lineRecord(l, tweet.SourceBluesky, tweet.SchemaBluesky, &posts.traces))
		return 1
	}
}

// lineRecord is a line as it came, without a key.
func lineRecord(l line.Line, source, schema string, traces *traceparent.Maker) tweet.Raw {
	r := tweet.Raw{
		Value: l.Bytes, Source: source, Schema: schema, ObservedAt: time.Now().UTC(), Kind: tweet.KindStream, Traceparent: traces.Next(),
	}
	if l.Truncated() {
		r.Truncated = &tweet.Truncation{Length: l.Length, SHA256: l.SHA256}
	}
	return r
}
