package ingest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/ingest/window"
	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/matching"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
)

// Bounds on what is remembered. The window has to cover what is read twice after a reconnect: some seconds of those few
// posts of the network that match.
const (
	windowEvents = 1 << 16
	maxHeldPosts = 1 << 20
)

// blueskyPosts takes from the events of Bluesky the posts that match the contest, and what becomes of them.
//
// Posts that match no rule are passed over, as X does at its own end. A deletion, or the end of an account, is passed on
// for each post that was delivered before and is still remembered: the latest maxHeldPosts, after a restart those of them
// that tweets.raw still has. For older posts somebody has to look at the post again; the stream is not what keeps the index
// free of them.
//
// A post that is none as the lexicon has them, and would have matched as far as that can be told, is delivered as well: it
// is refused further down, where that is counted and explained.
//
// An account that is deactivated loses its posts here for good. The network does not send them again when it comes back.
//
// For one goroutine.
type blueskyPosts struct {
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

func newBlueskyPosts(cfg Config, r prometheus.Registerer) (*blueskyPosts, error) {
	c, err := cfg.contest()
	if err != nil {
		return nil, err
	}
	rules, err := matching.New(c)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the contest: %w", err)
	}
	w, err := window.New(windowEvents)
	if err != nil {
		return nil, err
	}
	auto := promauto.With(r)
	counters := func(name, help string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "catsvdogs_ingest_" + name, Help: help}, []string{"outcome"})
	}
	return &blueskyPosts{
		rules: rules, memory: &memory{window: w, held: newHeld(maxHeldPosts)}, traces: traceparent.New(),
		posts:     counters("posts_total", "Posts that were read, by outcome: delivered, flawed and delivered to be refused, repeated, or unmatched by any rule."),
		deletions: counters("deletions_total", "Deletions, by outcome: delivered, repeated, or unknown because the post was never delivered."),
		held:      auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_held_posts", Help: "Posts whose deletion would be passed on."}),
	}, nil
}

// Outcomes of an event.
const (
	delivered = "delivered"
	flawed    = "flawed"
	repeated  = "repeated"
	unmatched = "unmatched"
	unknown   = "unknown"
)

// take delivers what an event asks for and returns how many records that were. frame is what the event was read from; it is
// only good during the call.
func (s *blueskyPosts) take(ctx context.Context, e bluesky.Event, frame []byte, deliver func(ctx context.Context, record tweet.Raw)) (records int) {
	count := func(ctx context.Context, record tweet.Raw) {
		records++
		deliver(ctx, record)
	}
	switch {
	case e.Post != nil:
		s.posts.WithLabelValues(s.post(ctx, e, frame, count)).Inc()
	case e.OfPost() && e.Commit.Operation == bluesky.OperationDelete:
		s.deletions.WithLabelValues(s.deletion(ctx, e, frame, count)).Inc()
	case e.Kind == bluesky.KindAccount && e.Account.Gone():
		for _, rkey := range s.memory.held.take(e.DID) {
			count(ctx, s.record(tweet.PostURI(e.DID, rkey), bytes.Clone(frame), tweet.KindDelete, nil))
			s.deletions.WithLabelValues(delivered).Inc()
		}
	default:
		return 0
	}
	s.remembered()
	return records
}

// remembered shows how many posts are.
func (s *blueskyPosts) remembered() { s.held.Set(float64(s.memory.held.posts())) }

func (s *blueskyPosts) post(ctx context.Context, e bluesky.Event, frame []byte, deliver func(ctx context.Context, record tweet.Raw)) (outcome string) {
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
	deliver(ctx, s.record(e.URI(), bytes.Clone(frame), tweet.KindStream, matched))
	if e.Flawed {
		return flawed
	}
	return delivered
}

func (s *blueskyPosts) deletion(ctx context.Context, e bluesky.Event, frame []byte, deliver func(ctx context.Context, record tweet.Raw)) (outcome string) {
	switch {
	case !s.memory.held.has(e.DID, e.Commit.RKey):
		return unknown // also when it comes again
	case s.memory.window.Seen(eventKey(e)):
		return repeated // the post has been made anew since
	}
	s.memory.held.remove(e.DID, e.Commit.RKey)
	deliver(ctx, s.record(e.URI(), bytes.Clone(frame), tweet.KindDelete, nil))
	return delivered
}

// eventKey tells commits apart. Jetstream asks its readers to do so by these three.
func eventKey(e bluesky.Event) string { return e.DID + "/" + e.Commit.RKey + "/" + e.Commit.Rev }

// record makes a record, which keeps value; uri is "" for one without a key.
func (s *blueskyPosts) record(uri string, value []byte, kind tweet.Kind, matched []tweet.MatchedRule) tweet.Raw {
	r := tweet.Raw{
		Value: value, Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky,
		ObservedAt: time.Now().UTC(), Kind: kind, Traceparent: s.traces.Next(), MatchedRules: matched,
	}
	if uri != "" {
		r.Key = []byte(uri)
	}
	return r
}
