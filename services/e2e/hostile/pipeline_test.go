package hostile

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"go.uber.org/goleak"

	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/enricher"
	"catsvdogs/services/live"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/provision"
	"catsvdogs/services/refresher"
	"catsvdogs/services/simulator"
	"catsvdogs/services/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const contestFile = "../../../contest.yaml"

// pipeline is everything behind ingest, in this process.
type pipeline struct {
	kafka   broker.Config
	elastic elastic.Config
	s3      objectstore.Config
	tel     telemetry.Config
	page    string // address of the live page
	x       string // address of the simulated X, which is asked for looks
	log     *journal
}

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func startPipeline(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{log: &journal{}}
	process := telemetry.NewProcess(telemetry.NewLogger(p.log, "info", "text"))
	p.tel = telemetry.Config{Process: process}
	p.servers(t)
	err := provision.Run(t.Context(), provision.Config{
		Kafka: p.kafka, Elasticsearch: p.elastic, S3: p.s3, Partitions: 2, Replication: -1, WaitFor: time.Minute, Out: io.Discard, KeepAll: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	page, x := listen(t), listen(t)
	p.page, p.x = "http://"+page.Addr().String(), "http://"+x.Addr().String()
	enriches := enricher.Config{Kafka: p.kafka, Telemetry: p.tel, Contest: contestFile, TransactionalID: "hostile"}
	stores := sink.Config{Kafka: p.kafka, Telemetry: p.tel, Elasticsearch: p.elastic, S3: p.s3}
	shows := live.Config{Kafka: p.kafka, Telemetry: p.tel, Contest: contestFile, Listener: page}
	simulates := simulator.Config{Telemetry: p.tel, Listener: x}
	looks := refresher.Config{
		Kafka: p.kafka, Telemetry: p.tel, Contest: contestFile, Source: "simulator", SimulatorURL: p.x,
		Compliance: refresher.ComplianceConfig{ComplianceEvery: time.Hour, S3: p.s3},
	}
	for _, c := range []any{&enriches, &stores, &shows, &simulates, &looks} {
		if err := config.Defaults(c); err != nil {
			t.Fatal(err)
		}
	}
	stores.ArchiveIdle = time.Second
	group := stage.Start(context.WithoutCancel(t.Context()),
		stage.Stage{Name: "refresher", Run: func(ctx context.Context) error { return refresher.Run(ctx, looks) }},
		stage.Stage{Name: "enricher", Run: func(ctx context.Context) error { return enricher.Run(ctx, enriches) }},
		stage.Stage{Name: "sink", Run: func(ctx context.Context) error { return sink.Run(ctx, stores) }},
		stage.Stage{Name: "live", Run: func(ctx context.Context) error { return live.Run(ctx, shows) }},
		stage.Stage{Name: "simulator", Run: func(ctx context.Context) error { return simulator.Run(ctx, simulates) }})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := group.Stop(ctx); err != nil {
			t.Error(err)
		}
		select {
		case err := <-group.Failed():
			t.Errorf("a service ended before it was stopped: %v", err)
		default:
		}
		if t.Failed() {
			said := p.log.String()
			t.Logf("the end of the log:\n%s", said[max(0, len(said)-6000):])
		}
	})
	return p
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// servers starts the embedded ones.
func (p *pipeline) servers(t *testing.T) {
	t.Helper()
	quiet := slog.New(slog.NewTextHandler(p.log, nil))
	dir := t.TempDir()
	k, err := kafka.Start(t.Context(), filepath.Join(dir, "kafka"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	e, err := elasticsearch.Start(t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "index"), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	s, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "archive"), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	accessKey, secretKey := s.Credentials()
	p.kafka = broker.Config{KafkaBrokers: k.Addrs()}
	p.elastic = elastic.Config{ElasticsearchURL: e.URL()}
	p.s3 = objectstore.Config{S3Endpoint: s.URL(), S3AccessKey: accessKey, S3SecretKey: config.Secret(secretKey), S3Bucket: "archive", S3Region: "us-east-1"}
}

// awaitStored waits until each group has done every record that there is.
func (p *pipeline) awaitStored(t *testing.T) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, p.kafka))
	wait := func(topicName string, groups ...string) {
		last := map[int32]int64{}
		for _, r := range kafkatest.ReadAll(t, p.kafka, topicName) {
			last[r.Partition] = max(last[r.Partition], r.Offset)
		}
		for _, group := range groups {
			deadline := time.After(90 * time.Second)
			for !done(t, admin, group, topicName, last) {
				select {
				case <-deadline:
					t.Fatalf("%s does not come to the end of %s", group, topicName)
				case <-time.After(50 * time.Millisecond):
				}
			}
		}
	}
	wait(topic.Raw, "enricher", "sink-archive")
	wait(topic.Enriched, "sink-index", "sink-archive")
	wait(topic.DeadLetter, "sink-dead-letters")
}

func done(t *testing.T, admin *kadm.Client, group, topicName string, last map[int32]int64) bool {
	t.Helper()
	offsets, err := admin.FetchOffsets(t.Context(), group)
	if err != nil {
		return false
	}
	for partition, offset := range last {
		at, ok := offsets.Lookup(topicName, partition)
		if !ok || at.At <= offset || group == "sink-archive" && at.Metadata != "" {
			return false
		}
	}
	return true
}
