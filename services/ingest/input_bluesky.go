package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/jetstream"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// blueskySource delivers what blueskyPosts takes from Jetstream, which sends every post of the network, and says what of it
// nobody has any more.
//
// For one goroutine.
type blueskySource struct {
	stream *jetstream.Stream
	recall func(ctx context.Context, m *memory) error
	began  began
	posts  *blueskyPosts
}

// inputBluesky returns Bluesky's Jetstream as a source.
func inputBluesky(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	hosts, err := cfg.blueskyHosts()
	if err != nil {
		return nil, err
	}
	posts, err := newBlueskyPosts(cfg, tel.Registerer)
	if err != nil {
		return nil, err
	}
	return &blueskySource{
		stream: jetstream.New(jetstream.Options{
			Hosts: hosts, Collections: []string{tweet.PostCollection}, Service: "ingest", StallTimeout: blueskyStall, Logger: tel.Logger, Registerer: tel.Registerer, Status: status,
		}),
		recall: func(ctx context.Context, m *memory) error {
			status("reading what was delivered before")
			return recallMemory(ctx, cfg.Kafka, tel, m)
		},
		began: began{cfg: cfg.Kafka, tel: tel}, posts: posts,
	}, nil
}

// Run reads until ctx ends.
func (s *blueskySource) Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error {
	if err := s.recall(ctx, s.posts.memory); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	position := s.posts.memory.position
	if position == 0 {
		position = s.began.position(ctx, time.Now())
	}
	s.posts.remembered()
	return s.stream.Run(ctx, position, func(ctx context.Context, e bluesky.Event, frame []byte) {
		s.posts.take(ctx, e, frame, deliver)
	}, func(ctx context.Context, g jetstream.Gap) {
		deliver(ctx, s.posts.gap(g))
	})
}

// gap is a record that says which events are missing.
func (s *blueskyPosts) gap(g jetstream.Gap) tweet.Raw {
	return s.record("", missing(g), tweet.KindGap, nil)
}

// missing describes a gap in the words that X's gaps have. The ids are positions in the stream, in Unix microseconds.
func missing(g jetstream.Gap) []byte {
	b, err := json.Marshal(xstream.GapEvent{
		From: time.UnixMicro(g.From).UTC(), To: time.UnixMicro(g.To).UTC(), SinceID: fmt.Sprint(g.From), UntilID: fmt.Sprint(g.To),
		Reason: xstream.TooOld, Detail: fmt.Sprintf("the host %s does not go back as far; hosts keep about %s", g.Host, jetstream.Lookback),
	})
	if err != nil {
		// Only a year of five digits cannot be encoded.
		return []byte(`{"reason":"` + xstream.TooOld + `"}`)
	}
	return b
}
