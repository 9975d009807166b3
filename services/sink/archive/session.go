package archive

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/topic"
)

const (
	// pollRecords bounds what is taken before the clock is looked at again.
	pollRecords = 10_000
	// pollTime is how often the clock is looked at when nothing comes.
	pollTime = 100 * time.Millisecond
)

// session is one connected life of a member.
//
//	Kafka ──▶ take: one open object a partition ──▶ closed ones ──▶ intent ──▶ puts, four at a time ──▶ offset
//	               └── closed by what a record brings, or by the clock and the bound on memory
func (a *archiver) session(ctx context.Context) error {
	if err := a.connect(); err != nil {
		return err
	}
	defer a.client.CloseAllowingRebalance()
	working, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	if err := a.waitForServers(ctx); err != nil {
		return err
	}
	a.tel.Ready()
	lastRecord := time.Now()
	for ctx.Err() == nil {
		fetches := a.poll(ctx)
		if fetches.NumRecords() > 0 {
			lastRecord = time.Now()
		}
		closed, err := a.take(fetches)
		// Everything polled is in an object of a partition that is still ours; from here on a rebalance does no harm.
		a.client.AllowRebalance()
		if err == nil {
			var due []*closedObject
			if due, err = a.closeDue(lastRecord); err == nil {
				err = a.upload(working, append(closed, due...))
			}
		}
		if err != nil {
			// Nothing more may be committed by this member: an object that did not get through leaves a gap behind
			// which no offset may move. The next session reads it again.
			broker.Leave(a.client)
			return err
		}
	}
	open, err := a.closeAll()
	if err == nil {
		err = a.upload(working, open)
	}
	if err != nil {
		a.tel.Logger.Warn("stopped before all open objects were archived; the next start does it", "error", err)
	}
	broker.Leave(a.client)
	return nil
}

// connect makes the client. The group begins its work before NewClient returns, and its callbacks use the client, so
// they wait for the lock.
func (a *archiver) connect() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	options := append(broker.Options(a.cfg.Kafka, a.cfg.Group, a.tel), broker.GroupOptions(a.cfg.Group, topic.Raw, topic.Enriched)...)
	cl, err := kgo.NewClient(append(options,
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.KeepControlRecords(), // see mark.go
		kgo.AdjustFetchOffsetsFn(a.adopt),
		kgo.OnPartitionsRevoked(a.release),
		kgo.OnPartitionsLost(a.release),
	)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	a.client = cl
	return nil
}

func (a *archiver) poll(ctx context.Context) kgo.Fetches {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	fetches := a.client.PollRecords(ctx, pollRecords)
	fetches.EachError(func(t string, p int32, err error) {
		if ctx.Err() == nil {
			a.tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
		}
	})
	return fetches
}

func (a *archiver) waitForServers(ctx context.Context) error {
	if err := broker.WaitForTopics(ctx, a.client, a.tel.Logger, topic.Raw, topic.Enriched); err != nil {
		return err
	}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := a.bucket.Check(ctx)
		if err != nil {
			a.tel.Unready(err.Error())
		}
		return struct{}{}, err
	}, backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, d time.Duration) {
		a.tel.Logger.Warn("waiting for the object store", "error", err, "again_in", d.Round(time.Millisecond))
	}))
	return err
}
