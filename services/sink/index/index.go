// Package index keeps one document a post in Elasticsearch: the newest version that tweets.enriched holds. It owns which
// document a record becomes and what happens to one that is refused; how documents are sent and judged is package bulk's,
// the consumer group package group's.
//
// The same records twice give the same documents once, but for indexed_at and index_ms, which say when this copy was
// stored.
package index

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/bulk"
	"catsvdogs/services/sink/group"
)

// Config is what the index half needs to know.
type Config struct {
	Kafka            broker.Config
	Group            string
	Period           tweet.IndexPeriod
	BulkBytes        int  // largest bulk request, before compression
	WaitForDocuments bool // not ready before a post has arrived in the index
}

// Run indexes until ctx ends; then the batch in flight is finished, or given back when that takes too long.
//
// Offsets are committed only after every record of a batch has its verdict: stored, stale, or in tweets.dlq. A batch
// that is done again after a crash or a rebalance changes nothing but the times of storing, because a document is written
// under the post's id with the observation time as its external version.
func Run(ctx context.Context, cfg Config, transport esapi.Transport, tel *telemetry.Stage) error {
	ready := newReadiness(tel, cfg.WaitForDocuments)
	x := &indexer{
		cfg: cfg, tel: tel, metrics: newMetrics(tel.Registerer), ready: ready,
		bulk: &bulk.Writer{
			Transport: transport, MaxBytes: cfg.BulkBytes, Adds: addedFields,
			Logger: tel.Logger, Status: ready, Metrics: bulk.NewMetrics(tel.Registerer, "index"),
		},
	}
	var looking sync.WaitGroup
	defer looking.Wait()
	looking.Go(func() { ready.look(ctx, transport, tel.Logger) })
	stage.Sessions(ctx, func(ctx context.Context) error {
		return group.Session(ctx, group.Config{Kafka: cfg.Kafka, Group: cfg.Group, Topic: topic.Enriched}, tel, x)
	}, func(err error, again time.Duration) {
		ready.Unready(err.Error())
		tel.StartingOver(err, again)
	})
	return nil
}

type indexer struct {
	cfg     Config
	tel     *telemetry.Stage
	metrics *metrics
	ready   *readiness
	bulk    *bulk.Writer
}

// Prepare waits for the topics and for the index template, which is named after the alias.
func (x *indexer) Prepare(ctx context.Context, cl *kgo.Client) error {
	if err := broker.WaitForTopics(ctx, cl, x.tel.Logger, topic.Enriched, topic.DeadLetter); err != nil {
		return err
	}
	if err := x.bulk.AwaitTemplate(ctx, tweet.IndexAlias); err != nil {
		return err
	}
	x.ready.Ready()
	return nil
}

// Store gives every record of the batch its verdict.
func (x *indexer) Store(ctx context.Context, cl *kgo.Client, batch []*kgo.Record) error {
	var items []*bulk.Item
	var origins []*kgo.Record // of items, in their order
	var dead []*kgo.Record
	for _, r := range batch {
		it, err := newItem(r, x.cfg.Period)
		if refusal, refused := delivery.AsRefusal(err); refused {
			dead = append(dead, x.deadLetter(r, refusal))
			continue
		} else if err != nil {
			return err
		}
		items, origins = append(items, it), append(origins, r)
	}
	if err := x.bulk.Store(ctx, items); err != nil {
		return err
	}
	for i, it := range items {
		switch v := it.Verdict; v.Outcome {
		case bulk.Refused:
			dead = append(dead, x.deadLetter(origins[i], &delivery.Refusal{Reason: v.Kind, Detail: it.Index + ": " + v.Reason}))
		case bulk.Stored:
			if origins[i].Value != nil { // a stub is no document that anybody sees
				x.ready.arrived()
			}
		}
	}
	if err := cl.ProduceSync(ctx, dead...).FirstErr(); err != nil {
		return fmt.Errorf("write to %s: %w", topic.DeadLetter, err)
	}
	return nil
}

func (x *indexer) deadLetter(r *kgo.Record, why *delivery.Refusal) *kgo.Record {
	x.metrics.deadLetters.WithLabelValues(why.Reason).Inc()
	x.tel.Logger.Debug("dead letter", "partition", r.Partition, "offset", r.Offset, "reason", why.Reason)
	return delivery.DeadLetter(r, delivery.StageSinkIndex, why)
}
