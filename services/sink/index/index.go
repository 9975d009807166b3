// Package index keeps one document a post in Elasticsearch: the newest version that tweets.enriched holds. It owns which
// document a record becomes and what happens to one that is refused; how documents are sent and judged is package bulk's,
// the consumer group package group's.
//
// The same records twice give the same documents once, but for indexed_at and index_ms, which say when this copy was
// stored.
package index

import (
	"context"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
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
	Bulk             bulk.Bounds
	FlushInterval    time.Duration // longest that a document waits for others
	Memory           int           // bytes of records that were read and are not done; a quarter of them may wait for an index
	WaitForDocuments bool          // not ready before a post has arrived in the index
}

// Run indexes until ctx ends; then what is in hand is finished, or given back when that takes too long.
//
// An offset is committed only after every record before it has its verdict: stored, stale, or in tweets.dlq. A record
// that is done again after a crash or a rebalance changes nothing but the times of storing, because a document is written
// under the post's id with the observation time as its external version.
//
// While Elasticsearch is away, has no template, has indices of the other period, or does not let the sink in, nothing is read
// and Run is not ready and says why. While one index takes no documents, they wait, the others go on, and Run is not ready. It
// goes on by itself.
func Run(ctx context.Context, cfg Config, transport esapi.Transport, tel *telemetry.Stage) error {
	ready := newReadiness(tel, cfg.WaitForDocuments)
	x := &indexer{
		cfg: cfg, transport: transport, tel: tel, metrics: newMetrics(tel.Registerer), ready: ready,
		writer: bulk.NewWriter(transport, bulk.Options{
			Bounds: cfg.Bulk, FlushInterval: cfg.FlushInterval, Template: tweet.IndexAlias, Parking: cfg.Memory / 4, Adds: addedFields,
			Logger: tel.Logger, Status: ready, Metrics: bulk.NewMetrics(tel.Registerer, "index"),
		}),
	}
	member := group.Config{
		Kafka: cfg.Kafka, Group: cfg.Group, Topic: topic.Enriched, Memory: cfg.Memory,
		Metrics: group.NewMetrics(tel.Registerer, "index"),
	}
	var looking sync.WaitGroup
	defer looking.Wait()
	looking.Go(func() { ready.look(ctx, transport, tel.Logger) })
	stage.Sessions(ctx, func(ctx context.Context) error {
		return group.Session(ctx, member, tel, x)
	}, func(err error, again time.Duration) {
		ready.Unready(err.Error())
		tel.StartingOver(err, again)
	})
	return nil
}

type indexer struct {
	cfg       Config
	transport esapi.Transport
	tel       *telemetry.Stage
	metrics   *metrics
	ready     *readiness
	writer    *bulk.Writer
}

// Prepare waits for the topics, for the index template, which is named after the alias, and until there is no index of the
// other period.
func (x *indexer) Prepare(ctx context.Context, cl *kgo.Client) error {
	if err := broker.WaitForTopics(ctx, cl, x.tel.Logger, topic.Enriched, topic.DeadLetter); err != nil {
		return err
	}
	if err := x.writer.AwaitTemplate(ctx); err != nil {
		return err
	}
	if err := x.writer.Await(ctx, x.keepsPeriod); err != nil {
		return err
	}
	x.ready.Ready()
	return nil
}
