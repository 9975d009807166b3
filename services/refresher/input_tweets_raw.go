package refresher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// patiently asks again while the broker is away.
func patiently[T any](ctx context.Context, tel *telemetry.Stage, ask func() (T, error)) (T, error) {
	return backoff.Retry(ctx, ask, backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		tel.Logger.Warn("waiting for the broker", "error", err, "again_in", d.Round(time.Millisecond))
	}))
}

// unread returns how far the enrichers have come in tweets.raw: offsets by partition, none where they have never been.
func unread(ctx context.Context, c broker.Config, tel *telemetry.Stage, group string) (map[int32]int64, error) {
	cl, err := kgo.NewClient(broker.Dialing(c)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	return patiently(ctx, tel, func() (map[int32]int64, error) {
		at := map[int32]int64{}
		committed, err := kadm.NewClient(cl).FetchOffsets(ctx, group)
		if errors.Is(err, kerr.GroupIDNotFound) {
			return at, nil
		}
		if err == nil {
			err = committed.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("ask how far the group %s has come: %w", group, err)
		}
		committed.Each(func(o kadm.OffsetResponse) {
			if o.Topic == topic.Raw && o.At >= 0 {
				at[o.Partition] = o.At
			}
		})
		return at, nil
	})
}

// readRest reads tweets.raw from the given offsets to its present end: the looks and the deletions of earlier processes
// that no enricher has read yet. Where no offset is given it begins with the given time.
// Each record goes to past.
func (in *input) readRest(ctx context.Context, c broker.Config, from map[int32]int64, since time.Time, past func(raw *tweet.Raw, now time.Time)) error {
	cl, err := kgo.NewClient(append(broker.Options(c, "refresher-tail", in.tel),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.Raw: {}}),
		// Ingest writes without transactions, and so does the refresher; who does not would still not be passed over.
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(16<<20), kgo.FetchMaxPartitionBytes(512<<10),
	)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	rest, err := broker.FindExtent(ctx, cl, in.tel.Logger, topic.Raw, since)
	if err != nil {
		return err
	}
	for partition, start := range from {
		rest.BeginAt(partition, start)
	}
	in.tel.Logger.Info("reading what no enricher has read yet", "offsets", rest.Left())
	cl.AddConsumePartitions(rest.Offsets())
	now := time.Now()
	return rest.Read(ctx, func(record *kgo.Record) {
		if record.Attrs.IsControl() {
			return
		}
		if raw, err := rawOf(record); err == nil { // the enricher refuses what is none
			past(&raw, now)
		}
	})
}

func rawOf(record *kgo.Record) (tweet.Raw, error) {
	return tweet.ParseRaw(record.Key, record.Value, func(yield func(tweet.Header) bool) {
		for _, h := range record.Headers {
			if !yield(tweet.Header{Key: h.Key, Value: h.Value}) {
				return
			}
		}
	})
}

// past takes over what a record of tweets.raw says of a look.
func (r *refresher) past(raw *tweet.Raw, now time.Time) {
	key, err := id(string(raw.Key))
	if err != nil || raw.Source != r.source {
		return
	}
	switch raw.Kind {
	case tweet.KindRefresh:
		r.posts.look(key, raw.ObservedAt, raw.Value, now)
	case tweet.KindDelete:
		r.posts.agenda.Delete(key, raw.ObservedAt.UnixMilli(), now.UnixMilli())
	}
}
