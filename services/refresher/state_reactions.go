package refresher

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// cursorKey is the key of the position in the stream. No reaction has such an address.
const cursorKey = "cursor"

// reactionState keeps in refresher.state which reactions count, and how far the stream was counted. The position is written
// when all that was counted before it is safe: whatever a crash loses is told again by the stream.
type reactionState struct {
	client *kgo.Client
	lost   atomic.Bool // something was not written: the position must not be kept any more
}

// keepWithin bounds one try to keep the position: a broker that is away must not hold up the counting.
const keepWithin = 2 * time.Second

var errLost = errors.New("likes or reposts that were counted could not be written; they are counted anew after a restart")

func openReactionState(c broker.Config, tel *telemetry.Stage) (*reactionState, error) {
	cl, err := kgo.NewClient(append(broker.Options(c, "refresher-state", tel),
		kgo.DefaultProduceTopic(topic.RefresherState), kgo.ProducerLinger(50*time.Millisecond), kgo.MaxBufferedBytes(64<<20))...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	return &reactionState{client: cl}, nil
}

func (s *reactionState) close() { s.client.Close() }

func (s *reactionState) made(ctx context.Context, address, post string) {
	s.client.Produce(ctx, &kgo.Record{Key: []byte(address), Value: []byte(post)}, s.produced)
}

func (s *reactionState) takenBack(ctx context.Context, address string) {
	s.client.Produce(ctx, &kgo.Record{Key: []byte(address)}, s.produced)
}

func (s *reactionState) produced(_ *kgo.Record, err error) {
	if err != nil {
		s.lost.Store(true)
	}
}

// keep keeps the position, once all that was counted is safe, or gives up after some seconds.
func (s *reactionState) keep(ctx context.Context, cursor int64) error {
	if cursor == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	err := s.client.Flush(ctx)
	if s.lost.Load() {
		err = errLost
	}
	if err != nil {
		return fmt.Errorf("write to %s: %w", topic.RefresherState, err)
	}
	done := make(chan error, 1)
	value := strconv.AppendInt(nil, cursor-cursorBack.Microseconds(), 10)
	s.client.Produce(ctx, &kgo.Record{Key: []byte(cursorKey), Value: value}, func(_ *kgo.Record, err error) { done <- err })
	select { // the client gives nothing up that it has sent once
	case err = <-done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("write to %s: %w", topic.RefresherState, err)
	}
	return nil
}

// load reads what was kept and returns the position, 0 for none.
func (s *reactionState) load(ctx context.Context, c broker.Config, tel *telemetry.Stage, into *reactions) (cursor int64, err error) {
	if err := broker.WaitForTopics(ctx, s.client, tel.Logger, topic.RefresherState); err != nil {
		return 0, err
	}
	cl, err := kgo.NewClient(append(append(broker.Dialing(c), broker.ReadCommitted()...), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.RefresherState: {}}))...)
	if err != nil {
		return 0, fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	all, err := broker.FindExtent(ctx, cl, tel.Logger, topic.RefresherState, time.UnixMilli(0))
	if err != nil {
		return 0, err
	}
	cl.AddConsumePartitions(all.Offsets())
	err = all.Read(ctx, func(r *kgo.Record) {
		switch key := string(r.Key); {
		case key == cursorKey:
			if at, err := strconv.ParseInt(string(r.Value), 10, 64); err == nil && at > 0 {
				cursor = at
			}
		case r.Value == nil:
			into.takenBack(key)
		default:
			into.made(key, string(r.Value), true)
		}
	})
	return cursor, err
}
