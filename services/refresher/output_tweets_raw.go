package refresher

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// output writes to tweets.raw. Safe for concurrent use.
type output struct{ client *kgo.Client }

// newOutput returns an output, which need not be reachable. The client's defaults are what is wanted: acknowledged by all
// copies, each record once and in order however often it is tried, and the partition of a key that the other clients take.
func newOutput(c broker.Config, tel *telemetry.Stage) (*output, error) {
	cl, err := kgo.NewClient(append(broker.Options(c, "refresher-output", tel),
		kgo.DefaultProduceTopic(topic.Raw),
		kgo.ProducerLinger(0),
		kgo.MaxBufferedBytes(64<<20),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &output{cl}, nil
}

// write writes records and waits until the brokers have them, however long they are away, or until ctx ends. It returns
// for each record whether it is safe; one that is not may still get there.
func (o *output) write(ctx context.Context, raws []*tweet.Raw) (safe []bool, err error) {
	type outcome struct {
		nth int
		err error
	}
	done := make(chan outcome, len(raws))
	for i, raw := range raws {
		o.client.Produce(ctx, recordOf(raw), func(_ *kgo.Record, err error) { done <- outcome{i, err} })
	}
	safe = make([]bool, len(raws))
	var errs []error
	for range raws {
		select {
		case r := <-done:
			safe[r.nth] = r.err == nil
			if r.err != nil {
				errs = append(errs, r.err)
			}
		case <-ctx.Done():
			// The client gives nothing up that it has sent once: only the broker can say what has become of it.
			return safe, fmt.Errorf("write to %s: %w", topic.Raw, context.Cause(ctx))
		}
	}
	if len(errs) > 0 {
		return safe, fmt.Errorf("write %d of %d records to %s: %w", len(errs), len(raws), topic.Raw, errs[0])
	}
	return safe, nil
}

func recordOf(raw *tweet.Raw) *kgo.Record {
	// The time of its observation is X's, which brokers take also where this host's clock is fast by hours.
	r := &kgo.Record{Key: raw.Key, Value: raw.Value, Timestamp: raw.ObservedAt}
	for _, h := range raw.Headers() {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
	}
	return r
}

func (o *output) close() { o.client.Close() }
