package allinone

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/allinone/rehearsal"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/faultproxy"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// How long faults last. A member of a group is taken for gone after broker.SessionTimeout.
const (
	frozenFor     = 2 * broker.SessionTimeout
	brokerAwayFor = 8 * time.Second
)

// poisoned marks a record that was put into tweets.raw to break something.
const poisoned = "rehearsal"

// ways are what the services go through to reach the servers, so that it can be closed. Index and store are nil where the
// server is somebody else's.
type ways struct {
	brokers      *rehearsal.Line
	index, store *faultproxy.Proxy
}

// openWays puts itself before the embedded servers and writes the ways into cfg, which is the services' own.
func openWays(ctx context.Context, cfg *Config, embedded *servers, log *slog.Logger) (*ways, error) {
	w := &ways{brokers: &rehearsal.Line{Under: cfg.Kafka.Network}}
	cfg.Kafka.Network = w.brokers.Dial
	var err error
	if embedded.index != nil {
		if w.index, err = faultproxy.Listen(ctx, embedded.index.URL(), log); err != nil {
			return nil, err
		}
		cfg.Elasticsearch.ElasticsearchURL = w.index.URL()
	}
	if embedded.store != nil {
		if w.store, err = faultproxy.Listen(ctx, embedded.store.URL(), log); err != nil {
			w.close()
			return nil, err
		}
		cfg.S3.S3Endpoint = w.store.URL()
	}
	return w, nil
}

func (w *ways) close() {
	for _, p := range []*faultproxy.Proxy{w.index, w.store} {
		if p != nil {
			_ = p.Close() // everything behind it has ended
		}
	}
}

// faults are those that a person can make here.
func (w *ways) faults(sourceURL string, kafka broker.Config, e *enrichers) []rehearsal.Fault {
	all := []rehearsal.Fault{
		{Name: "enricher_killed", Says: "The enricher is killed in the middle of its work, and another one begins.", Begin: e.killed},
		{Name: "enricher_frozen", For: frozenFor, Says: "Nothing reaches the enricher or comes from it until the broker takes it for dead; then it goes on.", Begin: e.freeze, End: e.thaw},
		{Name: "broker_away", For: brokerAwayFor, Says: "Every connection to the broker breaks, and none comes about for a while.",
			Begin: func(_ context.Context, hit func()) error { w.brokers.Cut(hit); return nil }, End: w.brokers.Mend},
		{Name: "poison_record", Says: "A record that nobody can read gets into tweets.raw.", Begin: func(ctx context.Context, hit func()) error {
			hit()
			return poison(ctx, kafka)
		}},
	}
	return slices.Concat(all, rehearsal.Index(w.index), rehearsal.Store(w.store), rehearsal.Source(sourceURL))
}

// poison writes what no service of ours would write.
func poison(ctx context.Context, kafka broker.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(broker.Dialing(kafka)...)
	if err != nil {
		return err
	}
	defer cl.Close()
	return cl.ProduceSync(ctx, &kgo.Record{
		Topic: topic.Raw, Value: []byte("{\"data\":{\"id\":\"\xff\x00<script>alert(1)</script>"),
		Headers: []kgo.RecordHeader{
			{Key: topic.HeaderSource, Value: []byte("file")}, {Key: topic.HeaderSchema, Value: []byte(tweet.SchemaX)},
			{Key: topic.HeaderKind, Value: []byte(tweet.KindStream)}, {Key: poisoned, Value: []byte("poison_record")},
			{Key: topic.HeaderObservedAt, Value: []byte(time.Now().UTC().Format(time.RFC3339Nano))},
		},
	}).FirstErr()
}

// rehearsed makes the faults of --fault while work goes on, and ends all faults when it has ended.
func rehearsed(ctx context.Context, cfg Config, board *rehearsal.Board, work func(context.Context) error) error {
	plan, err := rehearsal.ParsePlan(cfg.Fault)
	if err != nil {
		return fmt.Errorf("--fault: %w", err)
	}
	planned, end := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() {
		board.Follow(planned, plan, func(s rehearsal.Step, err error) {
			say(cfg, "The fault %s could not be made: %v", s.Name, err)
		})
	})
	err = work(ctx)
	end()
	following.Wait()
	board.Close()
	return err
}

// ofSource says whether a fault of the source was made.
func ofSource(ctx context.Context, board *rehearsal.Board) bool {
	return slices.ContainsFunc(board.States(ctx), func(s rehearsal.State) bool {
		return s.Began > 0 && strings.HasPrefix(s.Name, "source_")
	})
}
