package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/ingest/jetstream"
	"catsvdogs/services/ingest/traceparent"
	"catsvdogs/services/ingest/window"
	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/matching"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// Bounds on what is remembered. The window has to cover what is read twice after a reconnect: some seconds of those few
// posts of the network that match.
const (
	windowEvents = 1 << 16
	maxHeldPosts = 1 << 20
)

// blueskySource delivers the posts of Bluesky that match the contest, and what becomes of them.
//
// Jetstream sends every post of the network; those that match no rule are passed over, as X does at its own end. A
// deletion, or the end of an account, is passed on for each post that was delivered before and is still remembered: the
// latest maxHeldPosts, after a restart those of them that tweets.raw still has. For older posts somebody has to look at
// the post again; the stream is not what keeps the index free of them.
//
// An account that is deactivated loses its posts here for good. The network does not send them again when it comes back.
//
// For one goroutine.
type blueskySource struct {
	stream *jetstream.Stream
	recall func(ctx context.Context, m *memory) error
	rules  *matching.Matcher
	memory *memory
	traces traceparent.Maker

	posts, deletions *prometheus.CounterVec
	held             prometheus.Gauge
}

// memory is what must be known of the past: kept while ingest runs, read from the tail of tweets.raw after a restart.
type memory struct {
	position int64          // time_us of the newest event that was delivered, 0 for none
	window   *window.Window // commits that were delivered
	held     *held
}

func newMemory() (*memory, error) {
	w, err := window.New(windowEvents)
	return &memory{window: w, held: newHeld(maxHeldPosts)}, err
}

// inputBluesky returns Bluesky's Jetstream as a source.
func inputBluesky(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	c, err := cfg.contest()
	hosts, hostsErr := cfg.blueskyHosts()
	if err := errors.Join(err, hostsErr); err != nil {
		return nil, err
	}
	rules, err := matching.New(c)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the contest: %w", err)
	}
	past, err := newMemory()
	if err != nil {
		return nil, err
	}
	auto := promauto.With(tel.Registerer)
	counters := func(name, help string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "catsvdogs_ingest_" + name, Help: help}, []string{"outcome"})
	}
	return &blueskySource{
		stream: jetstream.New(jetstream.Options{
			Hosts: hosts, StallTimeout: blueskyStall, Logger: tel.Logger, Registerer: tel.Registerer, Status: status,
		}),
		recall: func(ctx context.Context, m *memory) error {
			status("reading what was delivered before")
			r := recollection{memory: m}
			defer r.finish()
			return recall(ctx, cfg.Kafka, tel, recallBluesky, r.note)
		},
		rules: rules, memory: past, traces: traceparent.New(),
		posts:     counters("posts_total", "Posts in the stream, by outcome: delivered, repeated, or unmatched by any rule."),
		deletions: counters("deletions_total", "Deletions, by outcome: delivered, repeated, or unknown because the post was never delivered."),
		held:      auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_held_posts", Help: "Posts whose deletion would be passed on."}),
	}, nil
}

// Outcomes of an event.
const (
	delivered = "delivered"
	repeated  = "repeated"
	unmatched = "unmatched"
	unknown   = "unknown"
)

// Run reads until ctx ends.
func (s *blueskySource) Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error {
	if err := s.recall(ctx, s.memory); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	s.held.Set(float64(s.memory.held.posts()))
	return s.stream.Run(ctx, s.memory.position, func(ctx context.Context, e bluesky.Event, frame []byte) {
		s.handle(ctx, e, frame, deliver)
	})
}

func (s *blueskySource) handle(ctx context.Context, e bluesky.Event, frame []byte, deliver func(ctx context.Context, record tweet.Raw)) {
	switch {
	case e.Post != nil:
		s.posts.WithLabelValues(s.post(ctx, e, frame, deliver)).Inc()
	case e.OfPost() && e.Commit.Operation == bluesky.OperationDelete:
		s.deletions.WithLabelValues(s.deletion(ctx, e, frame, deliver)).Inc()
	case e.Kind == bluesky.KindAccount && e.Account.Gone():
		for _, rkey := range s.memory.held.take(e.DID) {
			deliver(ctx, s.record(tweet.PostURI(e.DID, rkey), frame, tweet.KindDelete, nil))
			s.deletions.WithLabelValues(delivered).Inc()
		}
	default:
		return
	}
	s.held.Set(float64(s.memory.held.posts()))
}

func (s *blueskySource) post(ctx context.Context, e bluesky.Event, frame []byte, deliver func(ctx context.Context, record tweet.Raw)) (outcome string) {
	matched := s.rules.Match(e.RulePost())
	if matched == nil {
		if !s.memory.held.has(e.DID, e.Commit.RKey) {
			return unmatched
		}
		matched = []tweet.MatchedRule{} // it was changed, and counts for nobody any more
	}
	if s.memory.window.Seen(eventKey(e)) {
		return repeated
	}
	s.memory.held.add(e.DID, e.Commit.RKey)
	deliver(ctx, s.record(e.URI(), frame, tweet.KindStream, matched))
	return delivered
}

func (s *blueskySource) deletion(ctx context.Context, e bluesky.Event, frame []byte, deliver func(ctx context.Context, record tweet.Raw)) (outcome string) {
	switch {
	case !s.memory.held.has(e.DID, e.Commit.RKey):
		return unknown // also when it comes again
	case s.memory.window.Seen(eventKey(e)):
		return repeated // the post has been made anew since
	}
	s.memory.held.remove(e.DID, e.Commit.RKey)
	deliver(ctx, s.record(e.URI(), frame, tweet.KindDelete, nil))
	return delivered
}

// eventKey tells commits apart. Jetstream asks its readers to do so by these three.
func eventKey(e bluesky.Event) string { return e.DID + "/" + e.Commit.RKey + "/" + e.Commit.Rev }

// record makes a record of a frame, which belongs to the stream.
func (s *blueskySource) record(uri string, frame []byte, kind tweet.Kind, matched []tweet.MatchedRule) tweet.Raw {
	return tweet.Raw{
		Key: []byte(uri), Value: bytes.Clone(frame), Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky,
		ObservedAt: time.Now().UTC(), Kind: kind, Traceparent: s.traces.Next(), MatchedRules: matched,
	}
}
