//go:build unix

package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/provision"
)

// Of the loop in which sinks are killed.
const (
	killedSinks = 2
	sinkKills   = 12
	storedPosts = 3000 // keys of tweets.enriched
	storedBatch = 60   // records of a transaction
)

// TestSinksThatAreKilledInALoopStoreEachRecordOnceOnRealServers kills one of two sinks, or both, at a random moment, again
// and again, while posts, later looks and deletions flow in transactions of which some are aborted. Then it counts.
func TestSinksThatAreKilledInALoopStoreEachRecordOnceOnRealServers(t *testing.T) {
	s := realServers(t)
	bucket := pristine(t, s)
	provisionFor(t, s, bucket.S3Bucket)
	binary := builtOnce(t, builtSink)
	cl := kafkatest.Client(t, s.broker())
	source := startStored(t, s, cl)
	seed := uint64(time.Now().UnixNano())
	realparts.Say("the seed of the moments is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // moments, not secrets
	start := func() *process {
		// Small objects and requests, so that whatever happens meets one in the middle.
		return startProcess(t, binary, "--kafka-brokers", s.kafka.Addr, "--elasticsearch-url", s.index.Addr, "--s3-endpoint", s.store.Addr,
			"--s3-access-key", s.store.AccessKey, "--s3-secret-key", s.store.SecretKey, "--s3-bucket", bucket.S3Bucket, "--telemetry-addr", "127.0.0.1:0",
			"--archive-records", "100", "--archive-age", "2s", "--archive-idle", "300ms", "--archive-parquet", "--index-flush-interval", "50ms",
			"--index-bulk-min-bytes", "20000", "--index-bulk-bytes", "40000", "--compact-every", "0", "--log-level", "warn")
	}
	running := make([]*process, killedSinks)
	for i := range running {
		running[i] = start()
	}
	for n := range sinkKills {
		if n%3 == 0 { // the others come while the groups have not settled after the one before
			awaitStored(t, s)
		}
		await(t, "the stream", source.more(random.Int64N(1500)))
		victims := random.Perm(killedSinks)[:1+n%4/3]
		for _, i := range victims {
			running[i].signal(t, syscall.SIGKILL)
			<-running[i].Done()
		}
		if n%4 == 1 {
			await(t, "the stream, while a sink is away", source.more(1500))
		}
		for _, i := range victims {
			running[i] = start()
		}
	}
	source.stop(t)
	awaitStored(t, s)
	for _, p := range running {
		p.signal(t, syscall.SIGTERM)
		p.awaitEnd(t)
	}
	realparts.Say("%d kills", sinkKills)
	for _, name := range []string{topic.Raw, topic.Enriched} {
		countArchive(t, s, bucket, name)
	}
	countIndex(t, s, source.newest)
}

func provisionFor(t *testing.T, s *servers, bucket string) {
	t.Helper()
	var cfg provision.Config
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Kafka, cfg.Elasticsearch, cfg.S3, cfg.Contest, cfg.Out = s.broker(), s.elastic(), s.bucket(bucket), "../../contest.yaml", io.Discard
	cfg.KeepAll = true // what is compacted meanwhile cannot be counted
	if err := provision.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// storedStream writes to both topics what a sink stores.
type storedStream struct {
	written atomic.Int64 // committed records of tweets.enriched, at least
	cancel  context.CancelFunc
	done    chan error
	newest  map[string]newest // by post; read it when the stream has stopped
}

// newest is the last that was committed of a post.
type newest struct {
	at      int64 // Unix milliseconds
	deleted bool
	text    string
}

func startStored(t *testing.T, s *servers, raw *kgo.Client) *storedStream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	source := &storedStream{cancel: cancel, done: make(chan error, 1), newest: map[string]newest{}}
	cl := kafkatest.Client(t, s.broker(), kgo.TransactionalID("stored-stream"))
	go func() { source.done <- source.write(ctx, raw, cl) }()
	return source
}

func (s *storedStream) write(ctx context.Context, raw, enriched *kgo.Client) error {
	ticks := time.NewTicker(50 * time.Millisecond)
	defer ticks.Stop()
	detached := context.WithoutCancel(ctx)
	for n := 0; ctx.Err() == nil; n++ {
		of := map[string]newest{}
		var batch, sources []*kgo.Record
		for i := range storedBatch {
			r, id, is := storedRecord(n*storedBatch + i)
			of[id] = is
			batch = append(batch, r)
			sources = append(sources, rawRecord(n*storedBatch+i))
		}
		if err := raw.ProduceSync(detached, sources...).FirstErr(); err != nil {
			return err
		}
		if err := enriched.BeginTransaction(); err != nil {
			return err
		}
		// Flushed before the end, because an aborted transaction that never reached the broker tests nothing.
		if err := enriched.ProduceSync(detached, batch...).FirstErr(); err != nil {
			return err
		}
		commits := n%7 != 3 // 50 transactions go over all posts, so each post has some that are committed
		if err := enriched.EndTransaction(detached, kgo.TransactionEndTry(commits)); err != nil {
			return err
		}
		if commits {
			s.written.Add(storedBatch)
			for id, is := range of {
				s.newest[id] = is
			}
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
	return nil
}

func (s *storedStream) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	if err := <-s.done; err != nil {
		t.Fatal(err)
	}
}

// more says whether so many more records have been written.
func (s *storedStream) more(records int64) func() bool {
	until := s.written.Load() + records
	return func() bool { return s.written.Load() >= until }
}

// storedRecord is observation n: of post n modulo storedPosts, each thirteenth a deletion. Later ones are observed later.
func storedRecord(n int) (*kgo.Record, string, newest) {
	id := strconv.FormatInt(2060000000000000000+int64(n%storedPosts)<<22, 10)
	created, _ := tweet.CreatedFromKey(id)
	observed := created.Add(time.Duration(n+1) * time.Second)
	is := newest{at: observed.UnixMilli(), deleted: n%13 == 5, text: fmt.Sprint("an invented post, look ", n)}
	r := &kgo.Record{Topic: topic.Enriched, Key: []byte(id), Headers: []kgo.RecordHeader{
		{Key: topic.HeaderObservedAt, Value: []byte(observed.Format(time.RFC3339Nano))},
		{Key: topic.HeaderSource, Value: []byte(tweet.SourceSimulator)},
	}}
	if !is.deleted {
		document, err := tweet.Encode(&tweet.Document{
			TweetID: id, Timestamp: observed, CreatedAt: created, ObservedAt: observed, Source: tweet.SourceSimulator, Kind: tweet.KindPost, Text: is.text, Lang: "en",
			Hashtags: []string{}, Teams: []string{"cats"}, Media: []string{}, Categories: []string{}, MatchedRules: []tweet.MatchedRule{}, PromotionalReasons: []string{},
			Observations: 1, Pipeline: tweet.Times{ReceivedAt: observed, EnrichedAt: observed},
		})
		if err == nil {
			r.Value = document
		}
	}
	return r, id, is
}

// awaitStored waits until both groups have done what is committed now.
func awaitStored(t *testing.T, s *servers) {
	t.Helper()
	last := map[string]map[int32]int64{topic.Raw: {}, topic.Enriched: {}}
	for name := range last {
		for _, r := range kafkatest.ReadAll(t, s.broker(), name) {
			last[name][r.Partition] = r.Offset
		}
	}
	admin := kadm.NewClient(kafkatest.Client(t, s.broker()))
	for group, topics := range map[string][]string{"sink-index": {topic.Enriched}, "sink-archive": {topic.Raw, topic.Enriched}} {
		await(t, group+" to store what is committed", func() bool {
			offsets, err := admin.FetchOffsets(t.Context(), group)
			done := err == nil
			for _, name := range topics {
				for p, offset := range last[name] {
					o, ok := offsets.Lookup(name, p)
					done = done && ok && o.At > offset
				}
			}
			return done
		})
	}
}
