package refresher

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// readBackWithin bounds a read of one record.
const readBackWithin = 5 * time.Second

var errNotThere = errors.New("the record is not there any more")

// readBack reads single records of tweets.raw. For one goroutine.
type readBack struct{ client *kgo.Client }

func newReadBack(c broker.Config, tel *telemetry.Stage) (*readBack, error) {
	cl, err := kgo.NewClient(append(broker.Options(c, "refresher-read-back", tel),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.Raw: {}}),
		kgo.FetchMaxPartitionBytes(64<<10), kgo.FetchMaxBytes(1<<20), // a record is wanted, not what follows it
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &readBack{cl}, nil
}

func (r *readBack) close() { r.client.Close() }

// read returns the value of the record at a place, which must have this key.
func (r *readBack) read(ctx context.Context, key string, at place) ([]byte, error) {
	if at.offset < 0 {
		return nil, fmt.Errorf("%w: nothing tells where it stood", errNotThere)
	}
	ctx, cancel := context.WithTimeout(ctx, readBackWithin)
	defer cancel()
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic.Raw: {at.partition: kgo.NewOffset().At(at.offset)}})
	defer r.client.RemoveConsumePartitions(map[string][]int32{topic.Raw: {at.partition}})
	for {
		fetches := r.client.PollRecords(ctx, 1)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("read %s/%d/%d: %w", topic.Raw, at.partition, at.offset, errors.Join(context.Cause(ctx), fetches.Err()))
		}
		for _, record := range fetches.Records() {
			if record.Partition != at.partition || record.Offset < at.offset {
				continue // of an earlier read
			}
			if record.Offset != at.offset || string(record.Key) != key {
				return nil, fmt.Errorf("read %s/%d/%d: %w", topic.Raw, at.partition, at.offset, errNotThere)
			}
			return bytes.Clone(record.Value), nil
		}
	}
}
