package group

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
)

// Config says who reads what.
type Config struct {
	Kafka   broker.Config
	Group   string
	Topic   string
	Memory  int // bytes of records in hand, at least 1; an eighth more may be fetched ahead, and one poll of that go over it
	Metrics *Metrics
}

// Store is where records go.
type Store interface {
	// Prepare returns when everything that Serve needs is there, or when ctx has ended. cl is the session's client.
	Prepare(ctx context.Context, cl *kgo.Client) error
	// Serve takes batches until there are no more, and returns when every record is done. Its ctx is one that a stop does
	// not end at once. After an error nothing more is read, and the next session starts from what is committed.
	Serve(ctx context.Context, m *Member, batches <-chan []*Record) error
}

const (
	// pollRecords bounds a poll of small records; one of large ones is bounded by what is fetched ahead.
	pollRecords = 500
	// fetchPartitionBytes is what is asked for of a partition at once, as it comes over the wire; a larger batch comes alone
	// (KIP-74). Compressed it is some hundred posts, which is what a bulk takes of a partition.
	fetchPartitionBytes = 64 << 10
	// aheadShare is the part of Config.Memory, one in so many, that may be fetched ahead.
	aheadShare = 8
)

// Session is one connected life of a member: it reads until ctx ends; then what is in hand is finished, or given back when
// that takes too long. An error tells why it could not go on; the next session starts from what is committed. It fits
// stage.Sessions.
func Session(ctx context.Context, cfg Config, tel *telemetry.Stage, store Store) error {
	intake := newIntake(cfg.Memory, cfg.Metrics)
	leaving, leave := context.WithCancel(context.Background())
	defer leave()
	m := &Member{tel: tel, intake: intake, progress: newProgress(intake.free), leaving: leaving}
	if err := m.connect(cfg); err != nil {
		return err
	}
	defer m.Client.CloseAllowingRebalance()
	working, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	if err := store.Prepare(ctx, m.Client); err != nil {
		return err
	}

	batches := make(chan []*Record)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var served error
	var serving, committing sync.WaitGroup
	serving.Go(func() {
		defer stop() // nobody takes batches any more
		served = store.Serve(working, m, batches)
	})
	commits, stopCommits := context.WithCancel(working)
	committing.Go(func() { m.commitNowAndThen(commits) })

	m.read(reading, cfg.Topic, batches)
	close(batches)
	serving.Wait()
	stopCommits()
	committing.Wait()
	if ctx.Err() != nil && served != nil {
		tel.Logger.Warn("stopped with records in hand; they are read again", "error", served)
	}
	leave()
	m.commit(working)
	broker.Leave(m.Client)
	return served
}

// connect makes the client. The group begins its work before NewClient returns, and its callbacks use the client, so they
// wait for the lock.
func (m *Member) connect(cfg Config) error {
	m.commits.Lock()
	defer m.commits.Unlock()
	options := append(broker.Options(cfg.Kafka, cfg.Group, m.tel), broker.GroupOptions(cfg.Group, cfg.Topic)...)
	options = append(options, broker.Rationed(cfg.Memory/aheadShare, cfg.Metrics.ahead)...)
	cl, err := kgo.NewClient(append(options,
		kgo.DisableAutoCommit(),
		// Between a poll and the taking in hand no partition may go: its records would be in nobody's book.
		kgo.BlockRebalanceOnPoll(),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.OnPartitionsRevoked(m.revoked),
		kgo.OnPartitionsLost(m.lost),
	)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	m.Client = cl
	return nil
}

// read polls and hands on until ctx ends.
func (m *Member) read(ctx context.Context, topicName string, batches chan<- []*Record) {
	paused := func(on bool) {
		if on {
			m.Client.PauseFetchTopics(topicName)
			m.intake.metrics.paused.Set(1)
			m.tel.Logger.Info("partitions are paused until the index takes documents again")
			return
		}
		m.Client.ResumeFetchTopics(topicName)
		m.intake.metrics.paused.Set(0)
		m.tel.Logger.Info("partitions are read again")
	}
	for {
		if m.intake.await(ctx, paused) != nil {
			return
		}
		fetches := m.Client.PollRecords(ctx, pollRecords)
		fetches.EachError(func(t string, p int32, err error) {
			if ctx.Err() == nil && !errors.Is(err, broker.ErrRationed) {
				m.tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
			}
		})
		polled := fetches.Records()
		taken := m.progress.take(polled)
		m.intake.take(polled)
		// All that was polled is in the books of a partition that is still ours.
		m.Client.AllowRebalance()
		if len(taken) == 0 {
			if ctx.Err() != nil {
				return
			}
			continue
		}
		select {
		case batches <- taken:
		case <-ctx.Done():
			return
		}
	}
}
