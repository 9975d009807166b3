// Package group reads a topic as a member of a consumer group, batch by batch, and commits a batch's offsets after it has
// been stored. It owns the connection and the order of a stop, never what storing means.
package group

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
)

// Config says who reads what.
type Config struct {
	Kafka broker.Config
	Group string
	Topic string
}

// Store is where batches go.
type Store interface {
	// Prepare returns when everything that Store needs is there, or when ctx has ended. cl is the session's client.
	Prepare(ctx context.Context, cl *kgo.Client) error
	// Store returns when every record of the batch has its verdict. Its ctx is one that a stop does not end at once. After
	// an error nothing of the batch is committed; the next session reads it again.
	Store(ctx context.Context, cl *kgo.Client, batch []*kgo.Record) error
}

// pollRecords bounds a batch. Documents have about a kilobyte; hostile ones have up to some megabytes.
const pollRecords = 2_000

// Session is one connected life of a member: it reads and stores until ctx ends; then the batch in flight is finished, or
// given back when that takes too long. An error tells why it could not go on; the next session starts from what is
// committed. It fits stage.Sessions.
func Session(ctx context.Context, cfg Config, tel *telemetry.Stage, store Store) error {
	options := append(broker.Options(cfg.Kafka, cfg.Group, tel), broker.GroupOptions(cfg.Group, cfg.Topic)...)
	cl, err := kgo.NewClient(append(options, kgo.DisableAutoCommit())...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	working, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	if err := store.Prepare(ctx, cl); err != nil {
		return err
	}
	for {
		fetches := cl.PollRecords(ctx, pollRecords)
		if ctx.Err() != nil {
			broker.Leave(cl)
			return nil
		}
		fetches.EachError(func(t string, p int32, err error) {
			tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
		})
		batch := fetches.Records()
		if len(batch) == 0 {
			continue
		}
		if err := store.Store(working, cl, batch); err != nil {
			if ctx.Err() != nil {
				tel.Logger.Warn("stopped with a batch in flight; its records are read again", "records", len(batch), "error", err)
			}
			broker.Leave(cl)
			return err
		}
		// Only what this member still owns is committed: a rebalance in the meantime has dropped the rest from the client's
		// books, and its new owner starts before it.
		if err := cl.CommitUncommittedOffsets(working); err != nil {
			tel.Logger.Warn("offsets are not committed; what was stored may be stored again, which changes nothing", "error", err)
		}
	}
}
