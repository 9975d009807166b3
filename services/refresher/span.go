package refresher

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// span is a part of a topic that is read, and how far reading has come; offsets by partition. For one goroutine.
type span struct{ start, end, next map[int32]int64 }

// spanSince is what was written since a time and is committed.
func spanSince(ctx context.Context, adm *kadm.Client, topicName string, since time.Time) (span, error) {
	// The ends are asked for first: a record that is written between the two answers must not fall between them.
	ends, err := committedEnds(ctx, adm, topicName)
	if err != nil {
		return span{}, err
	}
	starts, err := adm.ListOffsetsAfterMilli(ctx, since.UnixMilli(), topicName)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return span{}, fmt.Errorf("find where to begin in %s: %w", topicName, err)
	}
	at := map[int32]int64{}
	starts.Each(func(o kadm.ListedOffset) { at[o.Partition] = o.Offset })
	return newSpan(at, ends), nil
}

func committedEnds(ctx context.Context, adm *kadm.Client, topicName string) (map[int32]int64, error) {
	listed, err := adm.ListCommittedOffsets(ctx, topicName)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("find the end of %s: %w", topicName, err)
	}
	ends := map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) { ends[o.Partition] = o.Offset })
	return ends, nil
}

// newSpan reads each partition from its start, or from its end when it has none.
func newSpan(starts, ends map[int32]int64) span {
	s := span{start: map[int32]int64{}, end: ends, next: map[int32]int64{}}
	for partition, end := range ends {
		s.start[partition] = end
		if start, ok := starts[partition]; ok && start >= 0 {
			s.start[partition] = min(start, end)
		}
		s.next[partition] = s.start[partition]
	}
	return s
}

// offsets says where to begin, as the client wants it.
func (s span) offsets() map[int32]kgo.Offset {
	at := map[int32]kgo.Offset{}
	for partition, offset := range s.start {
		at[partition] = kgo.NewOffset().At(offset)
	}
	return at
}

// passed notes that everything before offset next of the partition has been read.
func (s span) passed(partition int32, next int64) {
	s.next[partition] = max(s.next[partition], next)
}

// left counts the offsets that have not been read.
func (s span) left() (n int64) {
	for partition, end := range s.end {
		n += max(0, end-s.next[partition])
	}
	return n
}
