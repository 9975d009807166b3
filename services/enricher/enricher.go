package enricher

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/enricher/enrich"
	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/crashpoint"
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
// had not been read (KIP-98, KIP-447). When a transaction cannot go on, because the broker refuses a write or was away for
// longer than a transaction lives, Run starts over from the committed offsets, with growing pauses. When another process
// lives under this replica's name and had it first, Run ends with an error that wraps ErrNameTaken.
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
	pure, err := enrich.New(c)
	if err != nil {
		return err
	}
	e := &enricher{
		cfg: cfg, tel: tel, metrics: newMetrics(tel.Registerer), enrich: pure,
		window: promotion.NewWindow(cfg.RepeatPosts, cfg.RepeatSpan),
	}
	if e.models, err = newModels(cfg, c, tel); err != nil {
		return err
	}
	var release func()
	if e.name, release, err = cfg.claim(); err != nil {
		return err
	}
	defer release()
	if err := e.waitForTopics(ctx); err != nil {
		if stage.Ended(ctx, err) {
			return nil
		}
		return err
	}
	return e.consumeUnlessRivalled(ctx)
}

type enricher struct {
	cfg     Config
	tel     *telemetry.Stage
	metrics *metrics
	enrich  *enrich.Enricher
	window  *promotion.Window // for one goroutine; it outlives sessions
	models  models
	name    string // this replica's own
}

func (e *enricher) waitForTopics(ctx context.Context) error {
	cl, err := kgo.NewClient(broker.Dialing(e.cfg.Kafka)...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer cl.Close()
	return broker.WaitForTopics(ctx, cl, e.tel.Logger, topic.Raw, topic.Enriched, topic.DeadLetter)
}

// consume takes batches until ctx ends or the session cannot go on.
func (e *enricher) consume(ctx context.Context) (err error) {
	watch := newAssignment(e.tel.Logger, e.metrics.partitions)
	defer watch.end()
	session, err := openSession(ctx, e.cfg, e.name, e.tel, e.metrics.ahead, watch)
	if err != nil {
		return err
	}
	working, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	defer session.Close()
	defer func() {
		if !errors.Is(err, kerr.FencedInstanceID) { // who has lost its place has none to leave
			broker.Leave(session.Client())
		}
	}()
	e.tel.Ready()
	for {
		batch, err := e.poll(ctx, session)
		if ctx.Err() != nil {
			// What was polled is not lost: its offsets are not committed.
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			continue
		}
		if err := e.transact(working, session, batch); err != nil {
			return err
		}
	}
}

// poll waits for records and then for what else comes within the commit interval: a transaction costs the broker the
// same for one record as for a thousand. It ends at batchBytes: after a few records the next steps are as large as their
// mean size allows. The error wraps kerr.FencedInstanceID: another process has taken this replica's place.
func (e *enricher) poll(ctx context.Context, session *kgo.GroupTransactSession) ([]*kgo.Record, error) {
	batch, err := e.pollOnce(ctx, session, min(e.cfg.BatchRecords, firstPoll))
	if len(batch) == 0 || err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.CommitInterval)
	defer cancel()
	bytes := size(batch)
	for len(batch) < e.cfg.BatchRecords && bytes < batchBytes && ctx.Err() == nil {
		fits := (batchBytes - bytes) / max(1, bytes/len(batch))
		more, err := e.pollOnce(ctx, session, min(e.cfg.BatchRecords-len(batch), pollRecords, max(1, fits)))
		if err != nil {
			return nil, err
		}
		batch, bytes = append(batch, more...), bytes+size(more)
	}
	return batch, nil
}

// A batch ends when it has batchBytes; it is taken in steps, the first one of firstPoll records.
const (
	batchBytes  = 16 << 20
	pollRecords = 250
	firstPoll   = 16
)

func size(records []*kgo.Record) int {
	n := 0
	for _, r := range records {
		n += len(r.Key) + len(r.Value)
	}
	return n
}

func (e *enricher) pollOnce(ctx context.Context, session *kgo.GroupTransactSession, most int) (records []*kgo.Record, fenced error) {
	fetches := session.PollRecords(ctx, most)
	fetches.EachError(func(t string, p int32, err error) {
		switch {
		case errors.Is(err, kerr.FencedInstanceID):
			// The client says it once, maybe just as ctx ends, and would go on to join with what it is no longer.
			fenced = err
		case ctx.Err() != nil, errors.Is(err, broker.ErrRationed):
		default:
			e.metrics.fetchErrors.Inc()
			e.tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
		}
	})
	return fetches.Records(), fenced
}

// transact enriches a batch in one transaction. ctx is one that a stop does not end at once: half a batch would have to
// be done again by the next owner.
func (e *enricher) transact(ctx context.Context, session *kgo.GroupTransactSession, batch []*kgo.Record) error {
	results := e.process(ctx, batch) // first: models may take a while, and a transaction has a time limit
	if err := session.Begin(); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	produced := kgo.AbortingFirstErrPromise(session.Client())
	for i := range results {
		session.Produce(ctx, results[i].record, produced.Promise())
	}
	produceErr := settled(ctx, produced)
	crashpoint.At(crashpoint.EnricherProduced)
	committed, err := session.End(ctx, kgo.TransactionEndTry(produceErr == nil))
	if err = errors.Join(produceErr, err); err != nil {
		return fmt.Errorf("commit a batch of %d records: %w", len(batch), e.fenced(ctx, session.Client(), err))
	}
	if !committed {
		// Aborted by a rebalance: the session goes back to the committed offsets by itself.
		e.metrics.aborted.Inc()
		e.tel.Logger.Info("transaction aborted by a rebalance, the batch is read again", "records", len(batch))
		return nil
	}
	crashpoint.At(crashpoint.EnricherCommitted)
	e.metrics.committed(results, time.Now())
	return nil
}

// settled waits until the batch is written or refused, or ctx ends: the client never gives a record up that it has sent once,
// for it may have been written, and a broker that never answers must not hold a stop up.
func settled(ctx context.Context, produced *kgo.FirstErrPromise) error {
	done := make(chan error, 1)
	go func() { done <- produced.Err() }() // until the session is closed
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
