package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/topic"
)

const (
	// pollRecords bounds what is taken before the clock and the memory are looked at again.
	pollRecords = 500
	// pollTime is how often they are looked at when nothing comes.
	pollTime = 100 * time.Millisecond
	// aheadBytes bounds what lies unpacked ahead of polls.
	aheadBytes = 16 << 20
	// fetchPartitionBytes bounds what is fetched ahead of a partition, as it comes over the wire.
	fetchPartitionBytes = 128 << 10
)

// session is one connected life of a member.
//
//	Kafka ──▶ take: one open object a partition ──▶ closed ones ──▶ per partition: intent ──▶ puts ──▶ offset
//	               └── closed by what a record brings, or by the clock and the bound on memory
func (a *archiver) session(ctx context.Context) error {
	detached, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	a.working, a.fail = context.WithCancelCause(detached)
	defer a.fail(nil)
	if err := a.connect(); err != nil {
		return err
	}
	defer a.client.CloseAllowingRebalance()
	if err := a.waitForServers(ctx); err != nil {
		a.finish()
		return err
	}
	a.mu.Lock()
	a.started = true
	a.mu.Unlock()
	a.ready()
	lastRecord := time.Now()
	for ctx.Err() == nil && a.working.Err() == nil {
		fetches := a.poll(ctx)
		if fetches.NumRecords() > 0 {
			lastRecord = time.Now()
		}
		err := a.take(fetches)
		// Everything polled is in an object of a partition that is still ours; from here on a rebalance does no harm.
		a.client.AllowRebalance()
		if err == nil {
			err = a.closeDue(lastRecord)
		}
		if err != nil {
			a.fail(err)
			break
		}
		a.holdBack()
	}
	if a.working.Err() == nil {
		if err := a.closeAll(); err != nil {
			a.fail(err)
		}
	}
	a.finish()
	broker.Leave(a.client)
	err := context.Cause(a.working)
	if ctx.Err() != nil {
		if err != nil {
			a.tel.Logger.Warn("stopped before all open objects were archived; the next start does it", "error", err)
		}
		return nil
	}
	return err
}

// finish returns when nothing is on its way any more.
func (a *archiver) finish() {
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
	a.uploading.Wait()
}

// connect makes the client. The group begins its work before NewClient returns, and its callbacks use the client, so
// they wait for the lock.
func (a *archiver) connect() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	options := append(broker.Options(a.cfg.Kafka, a.cfg.Group, a.tel), broker.GroupOptions(a.cfg.Group, topic.Raw, topic.Enriched)...)
	options = append(options, broker.Rationed(aheadBytes, a.metrics.ahead)...)
	cl, err := kgo.NewClient(append(options,
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
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
		if ctx.Err() == nil && !errors.Is(err, broker.ErrRationed) {
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
