// Package deadletters keeps one document a dead letter in Elasticsearch, so that refusals can be counted and looked at by
// stage and reason. It owns which document a record of tweets.dlq becomes; how documents are sent and judged is package
// bulk's, the consumer group package group's.
//
// What was refused is not indexed: its bytes may be hostile, and a post that its author deletes later must not live on
// here. Nothing goes to tweets.dlq from here either, or a dead letter that the index refuses would go round for ever; it is
// counted, logged and passed over, and stays in Kafka.
package deadletters

import (
	"context"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/crashpoint"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/bulk"
	"catsvdogs/services/sink/group"
)

// Config is what this part needs to know.
type Config struct {
	Kafka         broker.Config
	Group         string
	Bulk          bulk.Bounds
	FlushInterval time.Duration // longest that a document waits for others
	Memory        int           // bytes of records that were read and are not done
}

// Run indexes dead letters until ctx ends; then what is in hand is finished, or given back when that takes too long.
//
// An offset is committed only after every record before it has its verdict: stored or passed over. A record that is done
// again changes nothing, because a document's id is the place of the record that was refused.
func Run(ctx context.Context, cfg Config, transport esapi.Transport, tel *telemetry.Stage) error {
	x := &indexer{
		tel: tel, metrics: newMetrics(tel.Registerer), said: map[string]bool{},
		writer: bulk.NewWriter(transport, bulk.Options{
			Bounds: cfg.Bulk, FlushInterval: cfg.FlushInterval, Template: indexAlias, Parking: cfg.Memory / 4,
			Logger: tel.Logger, Status: tel, Metrics: bulk.NewMetrics(tel.Registerer, "dead_letters"),
		}),
	}
	member := group.Config{
		Kafka: cfg.Kafka, Group: cfg.Group, Topic: topic.DeadLetter, Memory: cfg.Memory,
		Metrics: group.NewMetrics(tel.Registerer, "dead_letters"),
	}
	stage.Sessions(ctx, func(ctx context.Context) error {
		return group.Session(ctx, member, tel, x)
	}, tel.StartingOver)
	return nil
}

type indexer struct {
	tel     *telemetry.Stage
	metrics *metrics
	writer  *bulk.Writer

	mu   sync.Mutex
	said map[string]bool // reasons of passing over that were logged
}

// Prepare waits for the topic and for the index template, which is named after the alias.
func (x *indexer) Prepare(ctx context.Context, cl *kgo.Client) error {
	if err := broker.WaitForTopics(ctx, cl, x.tel.Logger, topic.DeadLetter); err != nil {
		return err
	}
	if err := x.writer.AwaitTemplate(ctx); err != nil {
		return err
	}
	x.tel.Ready()
	return nil
}

// Serve gives every record its verdict.
func (x *indexer) Serve(ctx context.Context, m *group.Member, batches <-chan []*group.Record) error {
	return bulk.Convert(ctx, x.writer, batches, x.itemsOf, m.Hold)
}

func (x *indexer) itemsOf(batch []*group.Record) []*bulk.Item {
	items := make([]*bulk.Item, 0, len(batch))
	for _, r := range batch {
		it, err := newItem(r.Record)
		if err != nil {
			x.passOver("unusable_record", err.Error())
			r.Done()
			continue
		}
		it.Memory, it.Parked = broker.Footprint(r.Record), r.Aside
		it.Settled = func(it *bulk.Item) {
			if v := it.Verdict; v.Outcome == bulk.Refused {
				x.passOver(v.Kind, it.ID+": "+withoutQuote(v.Reason))
			}
			crashpoint.At(crashpoint.DeadLetterStored)
			r.Done()
		}
		items = append(items, it)
	}
	return items
}

// passOver counts a dead letter that has no document. Each reason is logged once: whoever fills the topic must not fill
// the log as well.
func (x *indexer) passOver(reason, detail string) {
	x.metrics.passedOver.WithLabelValues(reason).Inc()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.said[reason] {
		return
	}
	x.said[reason] = true
	x.tel.Logger.Warn("a dead letter is not indexed; it stays in Kafka, and more of this reason are only counted", "reason", reason, "detail", detail)
}
