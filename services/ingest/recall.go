package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// recall hands the newest records of tweets.raw, at most records of them over all partitions, to note; those of a
// partition in their order. One whose headers cannot be read is passed over. It waits for as long as the broker is away
// and ends with ctx.
//
// It reads with the other Kafka client, because the one that writes reads one partition at a time.
func recall(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, records int64, note func(tweet.Raw)) error {
	_, err := recallReach(ctx, cfg, tel, reach{records: records, most: records}, note)
	return err
}

// reach is how far back the topic is read.
type reach struct {
	records int64     // over all partitions; of them at least so many, where there are
	since   time.Time // all whose time is later, and so all that were written since; zero for none
	most    int64     // and yet no more than so many
}

// recallReach is recall with a reach; whole says that the topic holds no other records.
func recallReach(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, r reach, note func(tweet.Raw)) (whole bool, err error) {
	cl, err := kgo.NewClient(append(broker.Options(cfg, "ingest-recall", tel),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.Raw: {}}),
		kgo.FetchMaxBytes(8<<20),
	)...)
	if err != nil {
		return false, fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	tail, err := backoff.Retry(ctx, func() (*tail, error) { return findTail(ctx, kadm.NewClient(cl), r) },
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			tel.Logger.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
		}))
	if err != nil {
		return false, err
	}
	began := time.Now()
	tel.Logger.Info("reading what was delivered before", "records", tail.records)
	cl.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic.Raw: tail.from})
	for len(tail.last) > 0 {
		polled, cancel := context.WithTimeout(ctx, 5*time.Second)
		fetches := cl.PollRecords(polled, 10_000)
		cancel()
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		fetches.EachError(func(_ string, p int32, err error) {
			if polled.Err() == nil {
				tel.Logger.Warn("reading is disturbed", "topic", topic.Raw, "partition", p, "error", err)
			}
		})
		fetches.EachRecord(func(record *kgo.Record) {
			if raw, err := parseRecord(record); err == nil {
				note(raw)
			}
			tail.read[record.Partition] = record.Offset
			if last, open := tail.last[record.Partition]; open && record.Offset >= last {
				delete(tail.last, record.Partition)
			}
		})
		if fetches.NumRecords() == 0 {
			tail.shorten(ctx, kadm.NewClient(cl), r)
		}
	}
	tel.Logger.Info("read what was delivered before", "took", time.Since(began).Round(time.Millisecond), "whole_topic", tail.whole)
	return tail.whole, nil
}

func parseRecord(record *kgo.Record) (tweet.Raw, error) {
	return tweet.ParseRaw(record.Key, record.Value, func(yield func(tweet.Header) bool) {
		for _, h := range record.Headers {
			if !yield(tweet.Header(h)) {
				return
			}
		}
	})
}

// tail is the end of every partition of tweets.raw.
type tail struct {
	from    map[int32]kgo.Offset
	last    map[int32]int64 // by partition that is not read to its end: the offset of its last record
	read    map[int32]int64 // by partition: the offset of the record that was read last
	records int64
	whole   bool // nothing is left out
}

func findTail(ctx context.Context, admin *kadm.Client, r reach) (*tail, error) {
	starts, err := admin.ListStartOffsets(ctx, topic.Raw)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the start of %s: %w", topic.Raw, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topic.Raw)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the end of %s: %w", topic.Raw, err)
	}
	t := &tail{from: map[int32]kgo.Offset{}, last: map[int32]int64{}, read: map[int32]int64{}, whole: true}
	var since kadm.ListedOffsets
	if !r.since.IsZero() {
		since, err = admin.ListOffsetsAfterMilli(ctx, r.since.UnixMilli(), topic.Raw)
		if err == nil {
			err = since.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("ask where %s was at %s: %w", topic.Raw, r.since.Format(time.RFC3339), err)
		}
	}
	partitions := int64(max(1, len(ends[topic.Raw])))
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(topic.Raw, end.Partition)
		from := end.Offset - r.records/partitions
		if at, known := since.Lookup(topic.Raw, end.Partition); known && at.Offset >= 0 {
			from = max(min(from, at.Offset), end.Offset-r.most/partitions)
		}
		from = max(start.Offset, from)
		if from >= end.Offset {
			return
		}
		t.whole = t.whole && from == start.Offset
		t.from[end.Partition], t.last[end.Partition] = kgo.NewOffset().At(from), end.Offset-1
		t.records += end.Offset - from
	})
	return t, nil
}

// shorten looks again for the end: retention, or a broker that lost its newest records, may have taken away what is
// waited for.
func (t *tail) shorten(ctx context.Context, admin *kadm.Client, r reach) {
	now, err := findTail(ctx, admin, r)
	if err != nil {
		return // the broker is away; what is waited for is still there for all that is known
	}
	for p := range t.last {
		last, there := now.last[p]
		read, begun := t.read[p]
		if !there || begun && read >= last {
			delete(t.last, p)
		} else {
			t.last[p] = min(t.last[p], last)
		}
	}
}
