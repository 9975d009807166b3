package enricher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/enricher/enrich"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// Run enriches until ctx ends; then it finishes the transaction in flight and leaves the group.
//
//	                 ┌──────────────── one transaction ────────────────┐
//	tweets.raw ──▶ poll ──▶ enrich (all cores, order kept) ──▶ produce ─┬─▶ tweets.enriched
//	                                                                    └─▶ tweets.dlq
//	                 └──────────── offsets of the group ───────────────┘
//
// Records, dead letters and offsets are committed together or not at all, so a crash at any point is as if the batch
// had not been read (KIP-98, KIP-447). When the transaction cannot go on, for example because the broker was away for
// longer than it lives, Run starts over from the committed offsets; it returns an error only when another replica uses
// its transactional id.
func Run(ctx context.Context, cfg Config) error {
	c, err := contest.Load(cfg.Contest)
	if err != nil {
		return err
	}
	tel, closeStage, err := cfg.Telemetry.Join("enricher")
	if err != nil {
		return err
	}
	defer closeStage()
	e := &enricher{cfg: cfg, tel: tel, metrics: newMetrics(tel.Registerer), enrich: enrich.New(c)}
	if e.transactionalID, err = cfg.transactionalID(); err != nil {
		return err
	}
	if err := e.waitForTopics(ctx); err != nil {
		return ignoreEnd(ctx, err)
	}
	return stage.Sessions(ctx, e.consume, func(err error, again time.Duration) {
		tel.Unready(err.Error())
		tel.Logger.Error("starting over from the committed offsets", "error", err, "in", again.Round(time.Millisecond))
	})
}

type enricher struct {
	cfg             Config
	tel             *telemetry.Stage
	metrics         *metrics
	enrich          *enrich.Enricher
	transactionalID string
}

func (e *enricher) waitForTopics(ctx context.Context) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(e.cfg.Kafka.KafkaBrokers...))
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	return broker.WaitForTopics(ctx, cl, e.tel.Logger, topic.Raw, topic.Enriched, topic.DeadLetter)
}

// consume takes batches until ctx ends or the session cannot go on.
func (e *enricher) consume(ctx context.Context) error {
	session, err := openSession(ctx, e.cfg, e.transactionalID, e.tel)
	if err != nil {
		return err
	}
	defer closeSession(ctx, session)
	e.tel.Ready()
	for {
		batch := e.poll(ctx, session)
		if ctx.Err() != nil {
			// What was polled is not lost: its offsets are not committed.
			return ctx.Err()
		}
		if len(batch) == 0 {
			continue
		}
		if err := e.transact(ctx, session, batch); err != nil {
			return err
		}
	}
}

// poll waits for records and then for what else comes within the commit interval: a transaction costs the broker the
// same for one record as for a thousand.
func (e *enricher) poll(ctx context.Context, session *kgo.GroupTransactSession) []*kgo.Record {
	batch := e.pollOnce(ctx, session, e.cfg.BatchRecords)
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.CommitInterval)
	defer cancel()
	for len(batch) < e.cfg.BatchRecords && ctx.Err() == nil {
		batch = append(batch, e.pollOnce(ctx, session, e.cfg.BatchRecords-len(batch))...)
	}
	return batch
}

func (e *enricher) pollOnce(ctx context.Context, session *kgo.GroupTransactSession, most int) []*kgo.Record {
	fetches := session.PollRecords(ctx, most)
	if ctx.Err() == nil {
		fetches.EachError(func(t string, p int32, err error) {
			e.metrics.fetchErrors.Inc()
			e.tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
		})
	}
	return fetches.Records()
}

// transact enriches a batch in one transaction. A stop does not cut it short: half a batch would have to be done again
// by the next owner.
func (e *enricher) transact(ctx context.Context, session *kgo.GroupTransactSession, batch []*kgo.Record) error {
	ctx, cancel := stage.Detached(ctx)
	defer cancel()
	if err := session.Begin(); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	results := e.process(batch)
	produced := kgo.AbortingFirstErrPromise(session.Client())
	for i := range results {
		session.Produce(ctx, results[i].record, produced.Promise())
	}
	produceErr := produced.Err()
	committed, err := session.End(ctx, kgo.TransactionEndTry(produceErr == nil))
	if err != nil {
		err = fmt.Errorf("end a transaction: %w", errors.Join(err, produceErr))
		if errors.Is(err, kerr.ProducerFenced) {
			return stage.Fatal(fmt.Errorf("another enricher uses the transactional id %s; give each replica its own --transactional-id: %w", e.transactionalID, err))
		}
		return err
	}
	if !committed {
		// Aborted by a rebalance or a failed write: the session goes back to the committed offsets by itself.
		e.metrics.aborted.Inc()
		e.tel.Logger.Warn("transaction aborted, the batch is read again", "records", len(batch), "error", produceErr)
		return nil
	}
	e.metrics.committed(results, time.Now())
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if stage.Ended(ctx, err) {
		return nil
	}
	return err
}
