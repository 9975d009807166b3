// Package index keeps one document a post in Elasticsearch: the newest version that tweets.enriched holds. It owns the
// consumer group and the verdict on each document; connecting is pipeline/elastic's.
package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// Config is what the index half needs to know.
type Config struct {
	Kafka     broker.Config
	Group     string
	Period    tweet.IndexPeriod
	BulkBytes int // largest bulk request, before compression
}

// pollRecords bounds a batch. Documents have about a kilobyte; hostile ones have up to some megabytes.
const pollRecords = 2_000

// Run indexes until ctx ends; then the batch in flight is finished, or given back when that takes too long.
//
// Offsets are committed only after every record of a batch has its verdict: stored, stale, or in tweets.dlq. A batch
// that is done again after a crash or a rebalance changes nothing, because a document is written under the post's id
// with the observation time as its external version.
func Run(ctx context.Context, cfg Config, transport esapi.Transport, tel *telemetry.Stage) error {
	m := newMetrics(tel.Registerer)
	stage.Sessions(ctx, func(ctx context.Context) error {
		x := &indexer{cfg: cfg, tel: tel, metrics: m, bulk: &bulker{transport: transport}}
		return x.session(ctx)
	}, tel.StartingOver)
	return nil
}

func (x *indexer) session(ctx context.Context) error {
	options := append(broker.Options(x.cfg.Kafka, x.cfg.Group, x.tel), broker.GroupOptions(x.cfg.Group, topic.Enriched)...)
	cl, err := kgo.NewClient(append(options, kgo.DisableAutoCommit())...)
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	x.client = cl
	defer cl.Close()
	working, done := stage.Detached(ctx) // one bound for all that a stop still waits for
	defer done()
	if err := x.waitForServers(ctx); err != nil {
		return err
	}
	x.tel.Ready()
	for {
		fetches := cl.PollRecords(ctx, pollRecords)
		if ctx.Err() != nil {
			broker.Leave(cl)
			return nil
		}
		fetches.EachError(func(t string, p int32, err error) {
			x.tel.Logger.Warn("reading is disturbed", "topic", t, "partition", p, "error", err)
		})
		if err := x.store(working, fetches.Records()); err != nil {
			if ctx.Err() != nil {
				x.tel.Logger.Warn("stopped with a batch in flight; its records are read again", "records", fetches.NumRecords(), "error", err)
			}
			broker.Leave(cl)
			return err
		}
	}
}

type indexer struct {
	cfg     Config
	client  *kgo.Client
	tel     *telemetry.Stage
	metrics *metrics
	bulk    *bulker
}

// store gives every record of the batch its verdict and commits. ctx is one that a stop does not end at once.
func (x *indexer) store(ctx context.Context, batch []*kgo.Record) error {
	if len(batch) == 0 {
		return nil
	}
	var items []*item
	var dead []*kgo.Record
	for _, r := range batch {
		it, err := newItem(r, x.cfg.Period)
		if refusal, refused := delivery.AsRefusal(err); refused {
			dead = append(dead, x.deadLetter(r, refusal))
			continue
		} else if err != nil {
			return err
		}
		items = append(items, it)
	}
	for _, chunk := range chunks(items, x.cfg.BulkBytes) {
		refused, err := x.storeChunk(ctx, chunk)
		if err != nil {
			return err
		}
		dead = append(dead, refused...)
	}
	if err := x.client.ProduceSync(ctx, dead...).FirstErr(); err != nil {
		return fmt.Errorf("write to %s: %w", topic.DeadLetter, err)
	}
	// Only what this member still owns is committed: a rebalance in the meantime has dropped the rest from the client's
	// books, and its new owner starts before it.
	if err := x.client.CommitUncommittedOffsets(ctx); err != nil {
		x.tel.Logger.Warn("offsets are not committed; what was stored may be stored again, which changes nothing", "error", err)
	}
	return nil
}

// storeChunk sends the items until each has a verdict, and returns the dead letters of those that were refused for
// good. What is to be sent again is sent alone, after a growing pause.
func (x *indexer) storeChunk(ctx context.Context, items []*item) (dead []*kgo.Record, err error) {
	pause := newPause()
	for len(items) > 0 {
		began := time.Now()
		verdicts, err := x.bulk.send(ctx, items)
		x.metrics.bulks.Observe(time.Since(began).Seconds())
		var whole *refusedWholeError
		if errors.As(err, &whole) && len(items) > 1 {
			// Halves, in order, so that two versions of a post keep theirs.
			for _, half := range [][]*item{items[:len(items)/2], items[len(items)/2:]} {
				refused, err := x.storeChunk(ctx, half)
				if err != nil {
					return nil, err
				}
				dead = append(dead, refused...)
			}
			return dead, nil
		}
		if whole != nil {
			return append(dead, x.deadLetter(items[0].record, &delivery.Refusal{Reason: "bulk_refused", Detail: whole.Error()})), nil
		}
		if err != nil {
			x.metrics.failed.Inc()
			if err := x.wait(ctx, pause, err, len(items)); err != nil {
				return nil, err
			}
			continue
		}
		var again []*item
		var reason string
		for i, v := range verdicts {
			x.metrics.verdicts.WithLabelValues(v.outcome).Inc()
			switch v.outcome {
			case outcomeLater:
				again = append(again, items[i])
				reason = v.reason
			case outcomeRefused:
				dead = append(dead, x.deadLetter(items[i].record, &delivery.Refusal{Reason: v.kind, Detail: items[i].index + ": " + v.reason}))
			case outcomeFailureStore:
				x.tel.Logger.Warn("a document went to the failure store, not to the index", "id", items[i].id, "index", items[i].index)
			}
		}
		if len(again) > 0 {
			if err := x.wait(ctx, pause, fmt.Errorf("%d of %d items: %s", len(again), len(items), reason), len(again)); err != nil {
				return nil, err
			}
		} else {
			x.tel.Ready()
		}
		items = again
	}
	return dead, nil
}

func (x *indexer) wait(ctx context.Context, pause interface{ NextBackOff() time.Duration }, cause error, items int) error {
	d := pause.NextBackOff()
	x.tel.Unready(cause.Error())
	x.tel.Logger.Warn("the index does not take documents; they wait", "error", cause, "documents", items, "again_in", d.Round(time.Millisecond))
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w while waiting for the index: %w", context.Cause(ctx), cause)
	}
}

func (x *indexer) deadLetter(r *kgo.Record, why *delivery.Refusal) *kgo.Record {
	x.metrics.deadLetters.WithLabelValues(why.Reason).Inc()
	x.tel.Logger.Debug("dead letter", "partition", r.Partition, "offset", r.Offset, "reason", why.Reason)
	return delivery.DeadLetter(r, delivery.StageSinkIndex, why)
}
