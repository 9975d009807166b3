//go:build unix

package e2e

import (
	"crypto/rand"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// TestRecoveryDrill loses Elasticsearch, then Elasticsearch and what Kafka holds, and rebuilds the index each time with the
// commands that the README tells.
func TestRecoveryDrill(t *testing.T) {
	t.Parallel()
	r := embeddedServers(t)
	// This broker compacts without the lag that lets everybody see a record first, and looks each minute: on a busy machine the
	// first versions of edited posts would be gone before the ledger counts them.
	r.command(t, "provision", "--keep-all")
	recoveryDrill(t, r)
}

// embeddedServers starts a Kafka, an Elasticsearch and an S3 of the demo, with nothing in them.
func embeddedServers(t *testing.T) recovery {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	k, err := kafka.Start(t.Context(), t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	e, err := elasticsearch.Start(t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	secret := rand.Text()
	s, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), AccessKey: "key", SecretKey: secret, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return recovery{
		kafka: broker.Config{KafkaBrokers: k.Addrs()}, elastic: elastic.Config{ElasticsearchURL: e.URL()},
		s3: objectstore.Config{S3Endpoint: s.URL(), S3AccessKey: "key", S3SecretKey: config.Secret(secret), S3Bucket: "archive", S3Region: "us-east-1"},
	}
}

func TestRecoveryDrillOnRealServers(t *testing.T) {
	s := realServers(t)
	bucket := pristine(t, s)
	recoveryDrill(t, recovery{kafka: s.broker(), elastic: s.elastic(), s3: bucket})
}

// What the drill begins with: posts with edits, of which some are deleted, and lines that are none.
const (
	recoveryPosts   = 600
	recoveryDeleted = 40
)

func recoveryDrill(t *testing.T, r recovery) {
	r.fill(t)
	stored := r.documents(t)
	stored.check(t)
	// What is deleted is a stub in the archive, as a day later it is anywhere.
	r.command(t, "sink", "compact")

	t.Log("Elasticsearch is lost; Kafka has the records")
	r.loseIndex(t, stored)
	r.command(t, "provision")
	if said := r.command(t, "sink", "reindex"); !strings.Contains(said, topic.Enriched) || !strings.Contains(said, topic.DeadLetter) {
		t.Errorf("it prints %s", said)
	}
	r.untilStored(t, "sink")
	stored.same(t, r.documents(t), "indexed_at", "index_ms")

	t.Log("Elasticsearch is lost, and so is what Kafka held")
	r.loseIndex(t, stored)
	r.command(t, "provision")
	r.loseTopics(t)
	all := []string{"--source", "archive", "--replay-from", "1970-01-01T00:00:00Z"}
	if said := r.command(t, "ingest", append(all, "--dry-run")...); !strings.Contains(said, "total") {
		t.Errorf("it would replay %s", said)
	}
	r.command(t, "ingest", all...)
	r.untilStored(t, "enricher", "sink")
	// Which post of several with one text came first depends on how the enricher's partitions are read.
	stored.byContent().same(t, r.documents(t).byContent(), "indexed_at", "index_ms", "enriched_at",
		"promotional", "promotional_reasons", "promotional_score")
	r.command(t, "ledger", "audit")
}

// fill has the demo's pipeline take posts in, deletes some of them, and waits until all of that is stored.
func (r recovery) fill(t *testing.T) {
	t.Helper()
	args := append(r.flags("demo"), "--data", t.TempDir(), "--posts", strconv.Itoa(recoveryPosts), "--rate", "3000", "--malformed", "0.03", "--seed", "7", "--deleted", "0", "--refresh-after", "1h", "--log-level", "warn")
	startDemo(t, demo(t), args...).awaitEnd(t)
	cl := kafkatest.Client(t, r.kafka, kgo.DefaultProduceTopic(topic.Raw))
	posts := map[string]bool{}
	for _, look := range kafkatest.ReadAll(t, r.kafka, topic.Enriched) {
		posts[string(look.Key)] = true
	}
	for i, key := range slices.Sorted(maps.Keys(posts)) {
		if i%(recoveryPosts/recoveryDeleted) != 0 {
			continue
		}
		raw := tweet.Raw{Key: []byte(key), Value: []byte("{}"), Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindDelete, ObservedAt: time.Now()}
		deletion := &kgo.Record{Key: raw.Key, Value: raw.Value}
		for _, h := range raw.Headers() {
			deletion.Headers = append(deletion.Headers, kgo.RecordHeader(h))
		}
		if err := cl.ProduceSync(t.Context(), deletion).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	r.untilStored(t, "enricher", "sink")
}

// loseTopics has Kafka drop every record, as it does when their time is over.
func (r recovery) loseTopics(t *testing.T) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, r.kafka))
	ends, err := admin.ListEndOffsets(t.Context(), topic.Raw, topic.Enriched, topic.DeadLetter)
	if err != nil {
		t.Fatal(err)
	}
	dropped, err := admin.DeleteRecords(t.Context(), ends.Offsets())
	if err == nil {
		err = dropped.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// untilStored runs these services until all that Kafka holds is through, and stops them.
func (r recovery) untilStored(t *testing.T, services ...string) {
	t.Helper()
	var running []*process
	for _, name := range services {
		running = append(running, r.begin(t, name))
	}
	r.awaitStored(t)
	for _, p := range running {
		p.signal(t, syscall.SIGTERM)
		p.awaitEnd(t)
	}
}
