package throughput

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

// stream writes posts steadily and watches them come out of the enrichers, committed. A raw record and its document have
// the same key, so they stand in partitions of the same number.
type stream struct {
	posts *posts

	mu      sync.Mutex
	waiting map[string]time.Time // when each post was written that has not come out yet
	took    []time.Duration      // of those that have
	last    [topic.Partitions]time.Time
	longest [topic.Partitions]time.Duration // time in which nothing came out of a partition
}

// startStream writes so many posts a second until the benchmark ends.
func startStream(b *testing.B, addr string, rate int) *stream {
	b.Helper()
	made, err := newPosts()
	if err != nil {
		b.Fatal(err)
	}
	s := &stream{posts: made, waiting: map[string]time.Time{}}
	at := broker.Dialing(broker.Config{KafkaBrokers: []string{addr}})
	writer, err := kgo.NewClient(append(at, kgo.ProducerLinger(0))...)
	if err != nil {
		b.Fatal(err)
	}
	reader, err := kgo.NewClient(append(append(at, broker.ReadCommitted()...),
		kgo.ConsumeTopics(topic.Enriched), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.write(ctx, writer, rate) })
	running.Go(func() { s.read(ctx, reader) })
	b.Cleanup(func() {
		cancel()
		running.Wait()
		writer.Close()
		reader.Close()
	})
	return s
}

func (s *stream) write(ctx context.Context, cl *kgo.Client, rate int) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r := s.posts.next()
		s.mu.Lock()
		s.waiting[string(r.Key)] = time.Now()
		s.mu.Unlock()
		cl.Produce(ctx, r, nil)
	}
}

func (s *stream) read(ctx context.Context, cl *kgo.Client) {
	for ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		now := time.Now()
		s.mu.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			if written, ok := s.waiting[string(r.Key)]; ok {
				s.took = append(s.took, now.Sub(written))
				delete(s.waiting, string(r.Key))
			}
			s.note(r.Partition, now)
		})
		s.mu.Unlock()
	}
}

func (s *stream) note(partition int32, now time.Time) {
	s.longest[partition] = max(s.longest[partition], now.Sub(s.last[partition]))
	s.last[partition] = now
}

// over counts anew for a while and returns how long the posts took that came out of it, and for each partition the
// longest time in which nothing did.
func (s *stream) over(during time.Duration, event func()) (took []time.Duration, longest [topic.Partitions]time.Duration) {
	s.mu.Lock()
	s.took, s.longest = nil, longest
	for p := range s.last {
		s.last[p] = time.Now()
	}
	s.mu.Unlock()
	event()
	<-time.After(during)
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.last {
		s.note(int32(p), time.Now())
	}
	return s.took, s.longest
}
