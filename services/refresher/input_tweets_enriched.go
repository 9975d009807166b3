package refresher

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

const (
	// maxPoll bounds the records of one batch.
	maxPoll = 2000
	// wakeAfter is how long is waited for records at once.
	wakeAfter = time.Second
	// clockSlack is how much earlier than a post's creation its record may seem to have been written.
	clockSlack = time.Minute
)

// seen is what a record of tweets.enriched tells: the document of a post, or that it is gone.
type seen struct {
	document *tweet.Document
	gone     string    // its key
	at       time.Time // when it was found to be gone
	origin   place     // the record of tweets.raw that the document was made of
}

// place is where a record of tweets.raw stands.
type place struct {
	partition int32
	offset    int64 // -1 where it is not told
}

// originOf reads the headers that tell where a document's origin stands.
func originOf(r *kgo.Record) place {
	at := place{offset: -1}
	for _, h := range r.Headers {
		switch n, err := strconv.ParseInt(string(h.Value), 10, 64); {
		case h.Key == topic.HeaderOriginPartition && err == nil:
			at.partition = int32(min(max(n, 0), math.MaxInt32))
		case h.Key == topic.HeaderOriginOffset && err == nil && n >= 0:
			at.offset = n
		}
	}
	return at
}

// input reads tweets.enriched without a group: the schedule is made anew from it at each start.
type input struct {
	client  *kgo.Client
	tel     *telemetry.Stage
	metrics *metrics
	past    *broker.Extent
	refused map[string]bool
}

// openInput connects and waits, as long as it takes, for a broker that has the topics.
func openInput(ctx context.Context, c broker.Config, tel *telemetry.Stage, m *metrics) (*input, error) {
	options := append(broker.Options(c, "refresher", tel), broker.ReadCommitted()...)
	cl, err := kgo.NewClient(append(options,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.Enriched: {}}), // none yet
		// Markers are the last thing in a partition after a transaction. Without them the end would never be reached.
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(500*time.Millisecond),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	in := &input{client: cl, tel: tel, metrics: m, refused: map[string]bool{}}
	if err := broker.WaitForTopics(ctx, cl, tel.Logger, topic.Raw, topic.Enriched); err != nil {
		cl.Close()
		return nil, err
	}
	return in, nil
}

// begin begins with what was written since the given time.
func (in *input) begin(ctx context.Context, since time.Time) (err error) {
	if in.past, err = broker.FindExtent(ctx, in.client, in.tel.Logger, topic.Enriched, since); err != nil {
		return err
	}
	in.tel.Logger.Info("reading which posts there are", "since", since, "offsets", in.past.Left())
	in.client.AddConsumePartitions(in.past.Offsets())
	return nil
}

// readPast hands over what there was at the beginning.
func (in *input) readPast(ctx context.Context, observe func([]seen)) error {
	return in.past.Read(ctx, func(r *kgo.Record) {
		if s, ok := in.decode(r); ok {
			observe([]seen{s})
		}
	})
}

// next waits for records, for as long as ctx lives. It returns none when only the wait of a second is over.
func (in *input) next(ctx context.Context) ([]seen, error) {
	if added := in.past.Added(); added != nil {
		in.tel.Logger.Info("the topic has more partitions", "added", len(added[topic.Enriched]))
		in.client.AddConsumePartitions(added)
	}
	polled, cancel := context.WithTimeout(ctx, wakeAfter)
	fetches := in.client.PollRecords(polled, maxPoll)
	cancel()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := fetches.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		in.tel.Logger.Warn("reading goes on after an error", "error", err)
	}
	out := make([]seen, 0, fetches.NumRecords())
	fetches.EachRecord(func(r *kgo.Record) {
		in.past.Passed(r.Partition, r.Offset+1)
		if s, ok := in.decode(r); ok {
			out = append(out, s)
		}
	})
	in.metrics.lag.Set(float64(in.past.Behind()))
	return out, nil
}

// decode passes markers of transactions over, and what cannot be read.
func (in *input) decode(r *kgo.Record) (seen, bool) {
	if r.Attrs.IsControl() {
		return seen{}, false
	}
	if r.Value == nil {
		return seen{gone: string(r.Key), at: broker.ObservedAt(r)}, len(r.Key) > 0
	}
	d, err := tweet.Decode(r.Value)
	switch {
	case err != nil:
		in.refuse("invalid_json", err, r)
	case d.TweetID == "" || d.CreatedAt.IsZero() || d.ObservedAt.IsZero() || d.Timestamp.IsZero():
		in.refuse("incomplete", errors.New("the document lacks its id or one of its times"), r)
	default:
		return seen{document: d, origin: originOf(r)}, true
	}
	return seen{}, false
}

// refuse passes a record over. Each reason is logged once and then only counted.
func (in *input) refuse(reason string, err error, r *kgo.Record) {
	in.metrics.undecodable.WithLabelValues(reason).Inc()
	if in.refused[reason] {
		return
	}
	in.refused[reason] = true
	in.tel.Logger.Warn("passed a record over; more of the same reason are counted, not logged",
		"reason", reason, "error", err, "topic", r.Topic, "partition", r.Partition, "offset", r.Offset)
}
