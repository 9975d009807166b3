package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// span is what Kafka has of a partition and how far the sink is with it, at the moment when verifying begins. What comes
// later is not looked at.
type span struct {
	start, end int64 // of the log, end excluded; both 0 when Kafka does not have the partition
	archived   int64 // the archive's committed offset; -1 for none
	indexed    int64 // the index's committed offset; -1 for none
	from, to   int64 // the offsets of the bounds, where they are times and Kafka can tell; -1 otherwise
}

func (v *Verifier) spans(ctx context.Context, topicName string) (map[int32]*span, error) {
	admin := kadm.NewClient(v.Kafka)
	spans := map[int32]*span{}
	of := func(partition int32) *span {
		if spans[partition] == nil {
			spans[partition] = &span{archived: -1, indexed: -1, from: -1, to: -1}
		}
		return spans[partition]
	}
	listed := func(what string, list func() (kadm.ListedOffsets, error), set func(*span, int64)) error {
		offsets, err := list()
		if err == nil {
			err = offsets.Error()
		}
		if err != nil {
			return fmt.Errorf("ask Kafka for the %s of %s: %w", what, topicName, err)
		}
		offsets.Each(func(o kadm.ListedOffset) { set(of(o.Partition), o.Offset) })
		return nil
	}
	// The groups before the ends, so that nothing counts as done that Kafka is not asked for.
	for group, set := range map[string]func(*span, int64){
		v.ArchiveGroup: func(s *span, at int64) { s.archived = at },
		v.IndexGroup:   func(s *span, at int64) { s.indexed = at },
	} {
		committed, err := admin.FetchOffsets(ctx, group)
		if errors.Is(err, kerr.GroupIDNotFound) {
			continue // it has never committed
		}
		if err != nil {
			return nil, fmt.Errorf("ask how far %s is: %w", group, err)
		}
		for partition, o := range committed[topicName] {
			if o.Err != nil {
				return nil, fmt.Errorf("ask how far %s is with %s/%d: %w", group, topicName, partition, o.Err)
			}
			set(of(partition), o.At)
		}
	}
	err := listed("start", func() (kadm.ListedOffsets, error) { return admin.ListStartOffsets(ctx, topicName) }, func(s *span, at int64) { s.start = at })
	if err == nil {
		err = listed("end", func() (kadm.ListedOffsets, error) { return admin.ListCommittedOffsets(ctx, topicName) }, func(s *span, at int64) { s.end = at })
	}
	for _, bound := range []struct {
		is  bool
		at  time.Time
		set func(*span, int64)
	}{
		{v.From.isTime(), v.From.hour(), func(s *span, at int64) { s.from = at }},
		{v.To.isTime(), v.To.nextHour(), func(s *span, at int64) { s.to = at }},
	} {
		if err == nil && bound.is {
			err = listed("offsets at "+bound.at.Format(time.RFC3339), func() (kadm.ListedOffsets, error) {
				return admin.ListOffsetsAfterMilli(ctx, bound.at.UnixMilli(), topicName)
			}, bound.set)
		}
	}
	return spans, err
}

// stalled bounds how long Kafka may take to deliver what it says it has.
const stalled = 30 * time.Second

// cursor reads the records of a partition from an offset up to another, excluded, one after the other.
type cursor struct {
	client  *kgo.Client
	topic   string
	number  int32
	end     int64
	records []*kgo.Record
	done    bool
}

// newCursor reads nothing where there is nothing.
func (v *Verifier) newCursor(topicName string, partition int32, from, end int64, isolation kgo.IsolationLevel) (*cursor, error) {
	c := &cursor{topic: topicName, number: partition, end: end, done: from >= end}
	if c.done {
		return c, nil
	}
	options := append(slices.Clone(v.KafkaOptions),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topicName: {partition: kgo.NewOffset().At(from)}}),
		kgo.FetchIsolationLevel(isolation), kgo.FetchMaxBytes(4<<20),
		kgo.KeepControlRecords()) // they show that the end has been reached
	var err error
	if c.client, err = kgo.NewClient(options...); err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return c, nil
}

func (c *cursor) close() {
	if c.client != nil {
		c.client.Close()
	}
}

// peek returns the next record; nil at the end.
func (c *cursor) peek(ctx context.Context) (*kgo.Record, error) {
	for {
		for len(c.records) > 0 && c.records[0].Attrs.IsControl() {
			c.pop()
		}
		if c.done && len(c.records) == 0 {
			return nil, nil
		}
		if len(c.records) > 0 {
			if c.records[0].Offset < c.end {
				return c.records[0], nil
			}
			c.records, c.done = nil, true
			continue
		}
		if err := c.fetch(ctx); err != nil {
			return nil, err
		}
	}
}

func (c *cursor) pop() {
	c.done = c.done || c.records[0].Offset >= c.end-1
	c.records = c.records[1:]
}

func (c *cursor) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, stalled, fmt.Errorf("nothing of %s/%d before offset %d came for %s", c.topic, c.number, c.end, stalled))
	defer cancel()
	fetches := c.client.PollRecords(ctx, 10_000)
	if ctx.Err() != nil {
		return fmt.Errorf("read Kafka: %w", context.Cause(ctx))
	}
	if errs := fetches.Errors(); len(errs) > 0 {
		return fmt.Errorf("read Kafka: %w", errs[0].Err)
	}
	c.records = fetches.Records()
	return nil
}
