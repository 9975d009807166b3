package checkpoint

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

const (
	// saveWithin is how long a save may take: a broker that is away must not keep a stream from being read.
	saveWithin = time.Second
	// saveAgainWithin is how long while the save before has failed.
	saveAgainWithin = 100 * time.Millisecond
	// maxPending bounds what waits for a broker that is away. Only the last of it is worth anything.
	maxPending = 4
)

// Store saves the value of one source. Safe for concurrent use; what is saved by several callers at once has no order.
type Store struct {
	client *kgo.Client
	source string
	failed atomic.Bool
}

// Open returns a store for a source, which need not be reachable.
func Open(cfg broker.Config, tel *telemetry.Stage, source string) (*Store, error) {
	cl, err := kgo.NewClient(append(broker.Options(cfg, client("ingest-state", source), tel),
		kgo.DefaultProduceTopic(topic.IngestState),
		// One after the other, so that an older value never comes behind a newer one.
		kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(1),
		kgo.MaxBufferedRecords(maxPending),
		kgo.RecordDeliveryTimeout(2*saveWithin),
		kgo.UnknownTopicRetries(0),
		kgo.ProducerLinger(0),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &Store{client: cl, source: source}, nil
}

// Save returns when the brokers have the value, or with an error when they do not within a second; then it may still get
// there.
func (s *Store) Save(ctx context.Context, value []byte) error {
	within := saveWithin
	if s.failed.Load() {
		within = saveAgainWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	done := make(chan error, 1)
	s.client.TryProduce(ctx, &kgo.Record{Key: []byte(s.source), Value: value}, func(_ *kgo.Record, err error) { done <- err })
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	s.failed.Store(err != nil)
	if err != nil {
		return fmt.Errorf("write to %s: %w", topic.IngestState, err)
	}
	return nil
}

// Close ends the connections, without waiting for what has not been saved.
func (s *Store) Close() { s.client.Close() }
