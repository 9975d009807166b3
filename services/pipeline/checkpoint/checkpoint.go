// Package checkpoint keeps what a process must know after a restart in Kafka: one value for each source that it reads, in
// the topic ingest.state, of which the latest record counts. Another process may follow a value, as the one that looks posts
// up again follows what the one that reads the stream has spent. It owns neither what a value means nor the topic (provision).
package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// ErrNoTopic is wrapped when the broker has no topic for checkpoints, or does not let us have it.
var ErrNoTopic = errors.New("the broker has no topic " + topic.IngestState)

const (
	// readWithin bounds one try to read the topic.
	readWithin = 30 * time.Second
	// MaxBytes bounds a value.
	MaxBytes = 64 << 10
)

// Load returns the value that was saved last for a source, nil when none was. It waits for as long as the broker is away,
// and ends with ctx. Without the topic the error is ErrNoTopic.
func Load(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, source string) ([]byte, error) {
	cl, err := kgo.NewClient(append(broker.Dialing(cfg), // without metrics: several stages of a process may load at once
		kgo.ClientID("ingest-state-reader"), kgo.AlwaysRetryEOF(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.IngestState: {}}))...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	return backoff.Retry(ctx, func() ([]byte, error) { return load(ctx, cl, source) },
		backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
			tel.Logger.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
		}))
}

// load reads the topic once, from its start: it is compacted, and so small.
func load(ctx context.Context, cl *kgo.Client, source string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	from, last, err := bounds(ctx, kadm.NewClient(cl))
	if err != nil {
		return nil, err
	}
	cl.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic.IngestState: from})
	defer cl.RemoveConsumePartitions(map[string][]int32{topic.IngestState: keys(from)})
	var newest *kgo.Record
	for len(last) > 0 {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("read %s: %w", topic.IngestState, errors.Join(context.Cause(ctx), fetches.Err()))
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if string(r.Key) == source && (newest == nil || !r.Timestamp.Before(newest.Timestamp)) {
				newest = r
			}
			if end, open := last[r.Partition]; open && r.Offset >= end {
				delete(last, r.Partition)
			}
		})
	}
	if newest == nil || len(newest.Value) > MaxBytes {
		return nil, nil
	}
	return newest.Value, nil
}

// bounds returns where the partitions that hold something begin, and the offsets of their last records.
func bounds(ctx context.Context, admin *kadm.Client) (from map[int32]kgo.Offset, last map[int32]int64, err error) {
	found, err := admin.ListTopics(ctx, topic.IngestState)
	if err != nil {
		return nil, nil, fmt.Errorf("ask for topic %s: %w", topic.IngestState, err)
	}
	if err := found[topic.IngestState].Err; errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.TopicAuthorizationFailed) {
		return nil, nil, backoff.Permanent(fmt.Errorf("%w: %w; run provision to make it", ErrNoTopic, err))
	}
	starts, err := admin.ListStartOffsets(ctx, topic.IngestState)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the start of %s: %w", topic.IngestState, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topic.IngestState)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask for the end of %s: %w", topic.IngestState, err)
	}
	from, last = map[int32]kgo.Offset{}, map[int32]int64{}
	ends.Each(func(end kadm.ListedOffset) {
		if start, _ := starts.Lookup(topic.IngestState, end.Partition); start.Offset < end.Offset {
			from[end.Partition], last[end.Partition] = kgo.NewOffset().At(start.Offset), end.Offset-1
		}
	})
	return from, last, nil
}

func keys(from map[int32]kgo.Offset) []int32 {
	var out []int32
	for p := range from {
		out = append(out, p)
	}
	return out
}

// client names the client of a source in metrics; those of a process must differ.
func client(role, source string) string {
	if _, part, ok := strings.Cut(source, "/"); ok {
		return role + "-" + part
	}
	return role
}

// RefresherOf names the source under which the process saves what it has to know that looks the posts of a source up again.
func RefresherOf(source string) string { return source + "/refresher" }
