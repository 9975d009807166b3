package live

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
)

// backlog is what stands in tweets.enriched at the start: where reading begins, where the past ends, and how far
// reading has come. It is not safe for concurrent use.
type backlog struct {
	start, end, next map[int32]int64 // by partition

	log logBegin
}

// logBegin tells since when the log has records; zero where nobody knows.
type logBegin struct {
	began time.Time // its first record was written
	lost  time.Time // records that were written before this have left it
}

// findBacklog looks up what was written since the given time and is committed.
func findBacklog(ctx context.Context, adm *kadm.Client, since time.Time) (*backlog, error) {
	// The ends are asked for first: where nothing is younger than since, reading begins at the end, and a record that
	// is written between the two answers must not fall between them.
	ends, err := committedEnds(ctx, adm)
	if err != nil {
		return nil, err
	}
	starts, err := offsetsSince(ctx, adm, since)
	if err != nil {
		return nil, err
	}
	b := &backlog{start: map[int32]int64{}, end: ends, next: map[int32]int64{}}
	for partition, end := range ends {
		b.start[partition] = end
		if o, ok := starts.Lookup(topic.Enriched, partition); ok {
			b.start[partition] = min(o.Offset, end)
		}
		b.next[partition] = b.start[partition]
	}
	b.log, err = findLogBegin(ctx, adm)
	return b, err
}

// findLogBegin asks for the first record of each partition. Where a partition no longer begins with offset 0, older records
// have been there and have left: compaction takes records away as well, but only those that have a newer one, and does not
// move the beginning.
func findLogBegin(ctx context.Context, adm *kadm.Client) (l logBegin, err error) {
	first, err := offsetsSince(ctx, adm, time.UnixMilli(0))
	if err != nil {
		return l, err
	}
	begins, err := adm.ListStartOffsets(ctx, topic.Enriched)
	if err == nil {
		err = begins.Error()
	}
	if err != nil {
		return l, fmt.Errorf("find the start of %s: %w", topic.Enriched, err)
	}
	first.Each(func(o kadm.ListedOffset) {
		if o.Timestamp <= 0 {
			return // no record, or one whose time nobody knows
		}
		written := time.UnixMilli(o.Timestamp)
		if l.began.IsZero() || written.Before(l.began) {
			l.began = written
		}
		if begin, ok := begins.Lookup(topic.Enriched, o.Partition); ok && begin.Offset > 0 && written.After(l.lost) {
			l.lost = written
		}
	})
	return l, nil
}

func offsetsSince(ctx context.Context, adm *kadm.Client, since time.Time) (kadm.ListedOffsets, error) {
	listed, err := adm.ListOffsetsAfterMilli(ctx, since.UnixMilli(), topic.Enriched)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("find where %s is in %s: %w", since.UTC().Format(time.RFC3339), topic.Enriched, err)
	}
	return listed, nil
}

// committedEnds returns where each partition ends for a reader of committed records. Each leader of a partition has to
// answer.
func committedEnds(ctx context.Context, adm *kadm.Client) (map[int32]int64, error) {
	listed, err := adm.ListCommittedOffsets(ctx, topic.Enriched)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("find the end of %s: %w", topic.Enriched, err)
	}
	ends := map[int32]int64{}
	listed.Each(func(o kadm.ListedOffset) { ends[o.Partition] = o.Offset })
	return ends, nil
}

// offsets says where to begin, as the client wants it.
func (b *backlog) offsets() map[string]map[int32]kgo.Offset {
	at := map[int32]kgo.Offset{}
	for partition, offset := range b.start {
		at[partition] = kgo.NewOffset().At(offset)
	}
	return map[string]map[int32]kgo.Offset{topic.Enriched: at}
}

// passed notes that everything before offset next of the partition has been read.
func (b *backlog) passed(partition int32, next int64) {
	b.next[partition] = max(b.next[partition], next)
}

// left counts the offsets of the past that have not been read.
func (b *backlog) left() (n int64) {
	for partition, end := range b.end {
		n += max(0, end-b.next[partition])
	}
	return n
}

// percent of the past that has been read, 0 to 100.
func (b *backlog) percent() int {
	var all int64
	for partition, end := range b.end {
		all += end - b.start[partition]
	}
	if all == 0 {
		return 100
	}
	return int(100 * (all - b.left()) / all)
}

// addNewPartitions reads partitions that the topic was given since the start, from their beginning.
func (in *input) addNewPartitions(ends map[int32]int64) {
	added := map[int32]kgo.Offset{}
	for partition := range ends {
		if _, known := in.past.start[partition]; !known {
			in.past.start[partition] = 0
			added[partition] = kgo.NewOffset().AtStart()
		}
	}
	if len(added) > 0 {
		in.log.Info("the topic has more partitions", "added", len(added))
		in.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic.Enriched: added})
	}
}
