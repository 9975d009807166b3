package checkpoint

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

const (
	// followWait is how long the broker holds a read back while there is nothing new: one small request in that time is
	// what following costs.
	followWait = 5 * time.Second
	// followPause is between two reads that have failed.
	followPause = time.Second
)

// Follow calls value with what was saved for a source and is still in the topic, and then with whatever is saved, oldest
// first, until ctx ends; then it returns nil. It waits for as long as the broker is away. A value over MaxBytes is passed
// over. value is called from this goroutine alone, and keeps nothing of its argument.
func Follow(ctx context.Context, cfg broker.Config, tel *telemetry.Stage, source string, value func([]byte)) error {
	cl, err := kgo.NewClient(append(broker.Options(cfg, client("ingest-state-follower", source), tel),
		kgo.ConsumeTopics(topic.IngestState),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), // also when records were deleted under it
		kgo.FetchMaxWait(followWait),
	)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	for disturbed := false; ; {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if string(r.Key) == source && len(r.Value) <= MaxBytes {
				value(r.Value)
			}
		})
		err := fetches.Err()
		if err != nil && !disturbed {
			tel.Logger.Warn("following is disturbed", "topic", topic.IngestState, "error", err)
		}
		if disturbed = err != nil; !disturbed {
			continue
		}
		select { // errors such as that of a missing topic come at once
		case <-time.After(followPause):
		case <-ctx.Done():
			return nil
		}
	}
}
