package redrive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

const (
	pollRecords = 1000
	// quiet is how long nothing may come before somebody looks why.
	quiet = 2 * time.Second
	// standstill ends a scan. No broker keeps a transaction open for longer than transaction.max.timeout.ms, 15 min by
	// default, so one that is open after this is a hanging one (KIP-664), which waits for a person.
	standstill = 20 * time.Minute
)

// scan reads the committed records of spans, in order within each partition. It is used once.
type scan struct {
	client *kgo.Client
	log    *slog.Logger
	spans  map[int32]span
	next   map[int32]int64 // of the partitions that are not at their end: where reading is
	moved  time.Time       // when something came last
	told   time.Time
}

// newScan connects; options are those of a client that reads nothing yet. Close the client afterwards.
func newScan(options []kgo.Opt, log *slog.Logger, spans map[int32]span) (*scan, error) {
	s := &scan{log: log, spans: spans, next: map[int32]int64{}}
	from := map[int32]kgo.Offset{}
	for p, sp := range spans {
		s.next[p], from[p] = sp.start, kgo.NewOffset().At(sp.start)
	}
	options = append(options, broker.ReadCommitted()...)
	cl, err := kgo.NewClient(append(options,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.DeadLetter: from}),
		// What retention takes while it is being read is gone; reading goes on with what is left.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// Markers are the last thing in a partition after a transaction. Without them the end would never be reached.
		kgo.KeepControlRecords(),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	s.client = cl
	return s, nil
}

// each calls take with every record. It waits for transactions that are open before the end. The error is take's, ctx's,
// or why reading cannot go on.
func (s *scan) each(ctx context.Context, take func(*kgo.Record) error) error {
	s.moved, s.told = time.Now(), time.Now()
	for len(s.next) > 0 {
		polled, cancel := context.WithTimeout(ctx, quiet)
		fetches := s.client.PollRecords(polled, pollRecords)
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.checkErrors(fetches); err != nil {
			return err
		}
		for _, r := range fetches.Records() {
			if err := s.passed(r, take); err != nil {
				return err
			}
		}
		// take may wait for long, to keep a rate; that is no standstill.
		if fetches.NumRecords() > 0 {
			s.moved = time.Now()
		} else if err := s.lookWhy(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) passed(r *kgo.Record, take func(*kgo.Record) error) error {
	end := s.spans[r.Partition].end
	if r.Offset < end && !r.Attrs.IsControl() {
		if err := take(r); err != nil {
			return err
		}
	}
	if _, open := s.next[r.Partition]; !open {
		return nil
	}
	s.next[r.Partition] = r.Offset + 1
	if r.Offset+1 >= end {
		s.ended(r.Partition)
	}
	return nil
}

func (s *scan) ended(partition int32) {
	delete(s.next, partition)
	s.client.PauseFetchPartitions(map[string][]int32{topic.DeadLetter: {partition}})
}

func (s *scan) checkErrors(fetches kgo.Fetches) error {
	for _, f := range fetches.Errors() {
		if errors.Is(f.Err, context.DeadlineExceeded) {
			continue
		}
		// The client goes on by itself after what it calls retriable, and after anything about the connection.
		if answer := new(kerr.Error); errors.As(f.Err, &answer) && !answer.Retriable {
			return fmt.Errorf("read %s/%d: %w", topic.DeadLetter, f.Partition, f.Err)
		}
		if s.tell() {
			s.log.Warn("reading is disturbed", "topic", f.Topic, "partition", f.Partition, "error", f.Err)
		}
	}
	return nil
}

// lookWhy finds out why nothing comes: retention has taken the rest, a transaction is open, or the broker is away.
func (s *scan) lookWhy(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, quiet)
	defer cancel()
	starts, err := startsOf(asking, kadm.NewClient(s.client))
	if err == nil {
		for p := range s.next {
			if starts[p] >= s.spans[p].end {
				s.ended(p)
			}
		}
	}
	for p, next := range s.next {
		if waited := time.Since(s.moved); waited > standstill {
			return fmt.Errorf("%s/%d is not readable from offset %d to %d, %s after the start of the wait; kafka-transactions find-hanging finds a transaction that nobody ends",
				topic.DeadLetter, p, next, s.spans[p].end, waited.Round(time.Second))
		}
		if !s.tell() {
			continue
		}
		if err != nil {
			s.log.Warn("waiting for the broker", "error", err)
		} else {
			s.log.Info("waiting for a transaction that is open in the topic", "topic", topic.DeadLetter, "partition", p, "offset", next, "end", s.spans[p].end)
		}
	}
	return nil
}

// tell says whether enough time has passed since the last line of log.
func (s *scan) tell() bool {
	if time.Since(s.told) < progressEvery {
		return false
	}
	s.told = time.Now()
	return true
}
