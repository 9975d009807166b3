package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/topic"
)

const (
	// askEvery is how often the broker is asked where the log ends, and how long it may take to answer.
	askEvery = time.Second
	// cutOffAfter is how long it may not be heard before silence is taken for what it is.
	cutOffAfter = 5 * time.Second
	// stalledAfter is how long a broker that answers may not give what it says it has. One answer of 16 MiB may take a slow
	// link some seconds.
	stalledAfter = 20 * time.Second
	// emptyFetchBytes bounds a fetch that looks whether there is anything at all.
	emptyFetchBytes = 512 << 10
)

// contact asks the broker where the log ends, again and again: a client that only waits for records cannot tell a broker
// that is away from a topic in which nothing happens. It is safe for concurrent use.
type contact struct {
	mu    sync.Mutex
	heard time.Time       // every leader answered then
	ends  map[int32]int64 // by partition, as of then
}

func newContact(ends map[int32]int64) *contact { return &contact{heard: time.Now(), ends: ends} }

func (c *contact) last() (heard time.Time, ends map[int32]int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard, c.ends
}

// keep asks until ctx ends.
func (c *contact) keep(ctx context.Context, adm *kadm.Client) {
	every := time.NewTicker(askEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		asked, cancel := context.WithTimeout(ctx, cutOffAfter)
		ends, err := committedEnds(asked, adm)
		cancel()
		if err != nil {
			continue // how long that has been so is what shows
		}
		c.mu.Lock()
		c.heard, c.ends = time.Now(), ends
		c.mu.Unlock()
	}
}

// skipNothing moves past offsets that hold no record for a reader, such as compaction may leave behind the last one: nothing
// will ever come for them. It asks the leader itself, because the client keeps to itself how far it is. Only an answer that
// holds nothing counts, never that none came.
func (in *input) skipNothing(ctx context.Context, ends map[int32]int64) error {
	ctx, cancel := context.WithTimeout(ctx, cutOffAfter)
	defer cancel()
	topics, err := in.adm.ListTopics(ctx, topic.Enriched)
	if err != nil {
		return fmt.Errorf("find the leaders of %s: %w", topic.Enriched, err)
	}
	detail := topics[topic.Enriched]
	var errs []error
	for partition, end := range ends {
		next := in.past.next[partition]
		if next >= end {
			continue
		}
		after, err := in.emptyUntil(ctx, detail, partition, next, end)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		in.past.passed(partition, after)
	}
	return errors.Join(errs...)
}

// emptyUntil is up to which offset there is no record; offset itself when there is one. end is what the leader has said
// before.
func (in *input) emptyUntil(ctx context.Context, detail kadm.TopicDetail, partition int32, offset, end int64) (int64, error) {
	ask := kmsg.NewPtrFetchRequest()
	ask.ReplicaID, ask.IsolationLevel, ask.SessionEpoch, ask.MaxBytes = -1, 1, -1, emptyFetchBytes
	of := kmsg.NewFetchRequestTopic()
	of.Topic, of.TopicID = topic.Enriched, detail.ID
	one := kmsg.NewFetchRequestTopicPartition()
	one.Partition, one.FetchOffset, one.PartitionMaxBytes = partition, offset, emptyFetchBytes
	of.Partitions = append(of.Partitions, one)
	ask.Topics = append(ask.Topics, of)

	answered, err := in.client.Broker(int(detail.Partitions[partition].Leader)).Request(ctx, ask)
	if err != nil {
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, err)
	}
	answer, ok := answered.(*kmsg.FetchResponse)
	if !ok || len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, errorOf(answer))
	}
	got := &answer.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(got.ErrorCode); err != nil {
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, err)
	}
	if len(got.RecordBatches) == 0 {
		return max(end, got.LastStableOffset), nil
	}
	read, after := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		KeepControlRecords: true, Offset: offset, IsolationLevel: kgo.ReadCommitted(), Topic: topic.Enriched, Partition: partition,
	}, got, kgo.DefaultDecompressor(), nil)
	switch {
	case read.Err != nil:
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, read.Err)
	case len(read.Records) > 0:
		return read.Records[0].Offset, nil
	}
	return after, nil
}

// errorOf is what a fetch as a whole says.
func errorOf(answer *kmsg.FetchResponse) error {
	if answer != nil {
		if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
			return err
		}
	}
	return errors.New("the answer is of something else")
}
