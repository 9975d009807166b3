package archive

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const group = "archive"

// never rotates by itself.
var never = Rotation{Bytes: 1 << 30, Memory: 1 << 30, Records: 1 << 30, Age: time.Hour, Idle: time.Hour}

// every rotates after this many records, and after a fraction of a second.
func every(records int) Config {
	return Config{Rotation: Rotation{Bytes: 1 << 20, Memory: 1 << 30, Records: records, Age: time.Minute, Idle: 150 * time.Millisecond}}
}

func quiet(t *testing.T) *telemetry.Process {
	return telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))
}

// gauge reads a metric, gauge or counter, summed over its labels.
func gauge(t *testing.T, process *telemetry.Process, name string) (sum float64) {
	t.Helper()
	families, err := process.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

func start(t *testing.T, kafka broker.Config, store Store, cfg Config) (stop func()) {
	t.Helper()
	return startIn(t, quiet(t), kafka, store, cfg)
}

func startIn(t *testing.T, process *telemetry.Process, kafka broker.Config, store Store, cfg Config) (stop func()) {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: process}.Join("archive")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	cfg.Kafka = kafka
	if cfg.Group == "" {
		cfg.Group = group
	}
	if cfg.Format == "" {
		cfg.Format = archived.Zstd
	}
	go func() { done <- Run(ctx, cfg, store, tel) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeStage()
	}
}

// produce writes n records to tweets.raw, and n to tweets.enriched in a transaction after an aborted one. Some of them are
// deletions.
func produce(t *testing.T, cfg broker.Config, n int) {
	t.Helper()
	raw := records(topic.Raw, n, "raw")
	for i, r := range raw {
		if i%20 == 7 {
			r.Headers = []kgo.RecordHeader{{Key: topic.HeaderKind, Value: []byte(tweet.KindDelete)}}
		}
	}
	if err := kafkatest.Client(t, cfg).ProduceSync(t.Context(), raw...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	produceEnriched(t, cfg, n)
}

func produceEnriched(t *testing.T, cfg broker.Config, n int) {
	t.Helper()
	cl := kafkatest.Client(t, cfg, kgo.TransactionalID("test"))
	for _, commit := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		batch := records(topic.Enriched, n, fmt.Sprint(commit))
		for i, r := range batch {
			if i%10 == 0 {
				r.Value = nil
			}
		}
		// Flushed before the end, because an aborted transaction that never reached the broker tests nothing.
		if err := cl.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := cl.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
}

// records are n documents that do not compress well.
func records(topicName string, n int, what string) []*kgo.Record {
	out := make([]*kgo.Record, n)
	for i := range out {
		out[i] = &kgo.Record{
			Topic: topicName, Key: fmt.Append(nil, i),
			Value: fmt.Appendf(nil, `{"tweet_id":"%d","text":"%s %s"}`, i, what, rand.Text()+rand.Text()),
		}
	}
	return out
}

// lastRecords is the offset of the last committed record of each partition that has one.
func lastRecords(t *testing.T, cfg broker.Config, name string) map[int32]int64 {
	t.Helper()
	last := map[int32]int64{}
	for _, r := range kafkatest.ReadAll(t, cfg, name) {
		last[r.Partition] = r.Offset
	}
	return last
}

// awaitCommitted waits until the group has done every committed record of both topics, and holds no intent.
func awaitCommitted(t *testing.T, cfg broker.Config) {
	t.Helper()
	want := map[string]map[int32]int64{topic.Raw: lastRecords(t, cfg, topic.Raw), topic.Enriched: lastRecords(t, cfg, topic.Enriched)}
	await(t, fmt.Sprintf("the archive has done %v", want), func(admin *kadm.Client) bool {
		offsets, err := admin.FetchOffsets(t.Context(), group)
		if err != nil {
			return false
		}
		for name, partitions := range want {
			for p, last := range partitions {
				if o, ok := offsets.Lookup(name, p); !ok || o.At <= last || o.Metadata != "" {
					return false
				}
			}
		}
		return true
	}, cfg)
}

func await(t *testing.T, what string, ok func(*kadm.Client) bool, cfg broker.Config) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, cfg))
	deadline := time.After(60 * time.Second)
	for !ok(admin) {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// commitAs leaves an offset with metadata, as a former owner of the group did.
func commitAs(t *testing.T, cfg broker.Config, topicName string, offset int64, metadata string) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, cfg))
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: topicName, Partition: 0, At: offset, LeaderEpoch: -1, Metadata: metadata})
	resp, err := admin.CommitOffsets(t.Context(), group, offsets)
	if err == nil {
		err = resp.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}
