package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// emptyFetchBytes bounds a fetch that looks whether there is anything at all.
const emptyFetchBytes = 512 << 10

// SkipNothing moves past offsets that hold no record for a reader, such as compaction may leave behind the last one, or
// retention at the beginning: nothing will ever come for them. It asks the leaders themselves, because the client keeps to
// itself how far it is. Only an answer that holds nothing counts, never that none came; it takes 5 s at most. A log that
// ends before the end of the past, because it was cut after the loss of a leader, ends the past there.
func (e *Extent) SkipNothing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	ends, err := e.committedEnds(ctx)
	if err != nil {
		return err
	}
	e.hear(ends)
	topics, err := e.adm.ListTopics(ctx, e.topic)
	if err != nil {
		return fmt.Errorf("find the leaders of %s: %w", e.topic, err)
	}
	detail := topics[e.topic]
	var errs []error
	for partition, end := range ends {
		if past, known := e.end[partition]; known {
			e.end[partition] = min(past, end)
		}
		next, known := e.next[partition]
		if !known || next >= end {
			continue
		}
		after, err := e.emptyUntil(ctx, detail, partition, next, end)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		e.Passed(partition, after)
	}
	return errors.Join(errs...)
}

// emptyUntil is up to which offset there is no record; offset itself when there is one. end is what the leader has said
// before.
func (e *Extent) emptyUntil(ctx context.Context, detail kadm.TopicDetail, partition int32, offset, end int64) (int64, error) {
	ask := kmsg.NewPtrFetchRequest()
	ask.ReplicaID, ask.IsolationLevel, ask.SessionEpoch, ask.MaxBytes = -1, 1, -1, emptyFetchBytes
	of := kmsg.NewFetchRequestTopic()
	of.Topic, of.TopicID = e.topic, detail.ID
	one := kmsg.NewFetchRequestTopicPartition()
	one.Partition, one.FetchOffset, one.PartitionMaxBytes = partition, offset, emptyFetchBytes
	of.Partitions = append(of.Partitions, one)
	ask.Topics = append(ask.Topics, of)

	answered, err := e.client.Broker(int(detail.Partitions[partition].Leader)).Request(ctx, ask)
	if err != nil {
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, err)
	}
	answer, ok := answered.(*kmsg.FetchResponse)
	if !ok || len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, errorOf(answer))
	}
	got := &answer.Topics[0].Partitions[0]
	switch err := kerr.ErrorForCode(got.ErrorCode); {
	case errors.Is(err, kerr.OffsetOutOfRange):
		return e.logStart(ctx, partition, offset)
	case err != nil:
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, err)
	case len(got.RecordBatches) == 0:
		return max(end, got.LastStableOffset), nil
	}
	read, after := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		KeepControlRecords: true, Offset: offset, IsolationLevel: kgo.ReadCommitted(), Topic: e.topic, Partition: partition,
	}, got, kgo.DefaultDecompressor(), nil)
	switch {
	case read.Err != nil:
		return offset, fmt.Errorf("look at offset %d of partition %d: %w", offset, partition, read.Err)
	case len(read.Records) > 0:
		return read.Records[0].Offset, nil
	}
	return after, nil
}

// logStart is where a partition begins whose records before that have been deleted; offset when it begins before that.
func (e *Extent) logStart(ctx context.Context, partition int32, offset int64) (int64, error) {
	starts, err := e.adm.ListStartOffsets(ctx, e.topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return offset, fmt.Errorf("find the start of %s: %w", e.topic, err)
	}
	start, _ := starts.Lookup(e.topic, partition)
	return max(offset, start.Offset), nil
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
