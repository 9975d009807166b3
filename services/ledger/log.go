package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/broker"
)

// stalled bounds how long Kafka may take to deliver what it says it has.
const stalled = 30 * time.Second

// reader reads the committed records of all partitions of a topic, round by round.
type reader struct {
	client *kgo.Client
	topic  string
	next   map[int32]int64 // first offset that was not delivered; markers count
}

func openReader(options []kgo.Opt, topicName string, from map[int32]int64) (*reader, error) {
	offsets := map[int32]kgo.Offset{}
	for partition, offset := range from {
		offsets[partition] = kgo.NewOffset().At(offset)
	}
	options = append(append(slices.Clone(options), broker.ReadCommitted()...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topicName: offsets}),
		kgo.KeepControlRecords()) // they show that the end has been reached
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &reader{client: client, topic: topicName, next: from}, nil
}

// read passes records to each until every partition has come to its end, or most have been passed; done says which. What
// has come behind an end is passed as well.
func (r *reader) read(ctx context.Context, ends map[int32]int64, most int, each func(*kgo.Record)) (done bool, err error) {
	reached := func() bool {
		for partition, end := range ends {
			if r.next[partition] < end {
				return false
			}
		}
		return true
	}
	passed := 0
	for !reached() {
		if passed >= most {
			return false, nil
		}
		polled, cancel := context.WithTimeout(ctx, stalled)
		fetches := r.client.PollRecords(polled, 10_000)
		gaveUp := polled.Err()
		cancel()
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if gaveUp != nil {
			return false, fmt.Errorf("read %s: Kafka has delivered nothing for %s, and has more", r.topic, stalled)
		}
		if err := fetches.Err0(); err != nil {
			return false, fmt.Errorf("read %s: %w", r.topic, err)
		}
		for _, e := range fetches.Errors() {
			if !errors.Is(e.Err, context.DeadlineExceeded) {
				return false, fmt.Errorf("read %s/%d: %w", e.Topic, e.Partition, e.Err)
			}
		}
		fetches.EachRecord(func(record *kgo.Record) {
			r.next[record.Partition] = record.Offset + 1
			if !record.Attrs.IsControl() {
				passed++
				each(record)
			}
		})
	}
	return true, nil
}

func (r *reader) close() { r.client.Close() }

// cursor reads the records of one partition from an offset up to another, excluded, one after the other.
type cursor struct {
	ctx       context.Context
	client    *kgo.Client
	topic     string
	partition int32
	end       int64
	records   []*kgo.Record
	done      bool
}

// openCursor reads nothing where there is nothing.
func openCursor(ctx context.Context, options []kgo.Opt, topicName string, partition int32, from, end int64, isolation kgo.IsolationLevel) (*cursor, error) {
	c := &cursor{ctx: ctx, topic: topicName, partition: partition, end: end, done: from >= end}
	if c.done {
		return c, nil
	}
	options = append(slices.Clone(options),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topicName: {partition: kgo.NewOffset().At(from)}}),
		kgo.FetchIsolationLevel(isolation), kgo.FetchMaxBytes(4<<20), kgo.KeepControlRecords())
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

// next returns the next record; nil at the end.
func (c *cursor) next() (*kgo.Record, error) {
	for {
		for len(c.records) > 0 && c.records[0].Attrs.IsControl() {
			c.pop()
		}
		switch {
		case len(c.records) > 0 && c.records[0].Offset < c.end:
			return c.records[0], nil
		case len(c.records) > 0:
			c.records, c.done = nil, true
		}
		if c.done {
			return nil, nil
		}
		if err := c.fetch(); err != nil {
			return nil, err
		}
	}
}

func (c *cursor) pop() {
	c.done = c.done || c.records[0].Offset >= c.end-1
	c.records = c.records[1:]
}

func (c *cursor) fetch() error {
	ctx, cancel := context.WithTimeout(c.ctx, stalled)
	defer cancel()
	fetches := c.client.PollFetches(ctx)
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("read %s/%d: Kafka has delivered nothing for %s, and has more", c.topic, c.partition, stalled)
	}
	if err := fetches.Err(); err != nil {
		return fmt.Errorf("read %s/%d: %w", c.topic, c.partition, err)
	}
	c.records = fetches.Records()
	return nil
}

// partitionLog is a partition's log for account.Shelf.
type partitionLog struct {
	*cursor                 // committed records
	known   []account.Stamp // that come before those of the cursor
	options []kgo.Opt       // to open all with
	stamp   *account.Stamp
	all     *cursor // with those that were never committed; nil until somebody asks
}

// Peek returns the next committed record.
func (l *partitionLog) Peek() (*account.Stamp, error) {
	if len(l.known) > 0 {
		return &l.known[0], nil
	}
	if l.stamp != nil {
		return l.stamp, nil
	}
	r, err := l.next()
	if err != nil || r == nil {
		return nil, err
	}
	stamp := stampOf(r)
	l.stamp = &stamp
	return l.stamp, nil
}

// Pop passes over it.
func (l *partitionLog) Pop() {
	if len(l.known) > 0 {
		l.known = l.known[1:]
		return
	}
	l.pop()
	l.stamp = nil
}

// Aborted says whether Kafka has a record at an offset where it has none that was committed. It has none at all where the
// record was compacted away after it was archived.
func (l *partitionLog) Aborted(offset int64) (bool, error) {
	if l.all == nil {
		var err error
		if l.all, err = openCursor(l.ctx, l.options, l.topic, l.partition, offset, l.end, kgo.ReadUncommitted()); err != nil {
			return false, err
		}
	}
	for {
		r, err := l.all.next()
		if r == nil || err != nil || r.Offset >= offset {
			return r != nil && r.Offset == offset, err
		}
		l.all.pop()
	}
}

func (l *partitionLog) closeAll() {
	l.close()
	if l.all != nil {
		l.all.close()
	}
}
