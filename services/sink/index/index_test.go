package index

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/bulk"
	"catsvdogs/services/sink/elastictest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDocumentsThatAreRefusedGoToTheDeadLettersAndTheRestIsStored(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	es := elastictest.Start(t, elastictest.Faults{Refuse: func(id string) string {
		if strings.HasSuffix(id, "7") {
			return "document_parsing_exception"
		}
		return ""
	}})
	produce(t, kafka, 100)
	s := start(t, kafka, es, false)
	awaitDone(t, kafka, 100)
	s.stop(t)
	check(t, es, 90)
	for _, r := range kafkatest.Read(t, kafka, topic.DeadLetter, 10) {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		if headers["error_reason"] != "document_parsing_exception" || headers["error_stage"] != "sink-index" || !strings.HasSuffix(string(r.Key), "7") {
			t.Errorf("dead letter %s: %v", r.Key, headers)
		}
	}
}

func TestEveryDocumentTellsWhenItWasStored(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	es := elastictest.Start(t, elastictest.Faults{})
	before := time.Now().Truncate(time.Millisecond)
	produce(t, kafka, 20)
	s := start(t, kafka, es, false)
	awaitDone(t, kafka, 20)
	s.stop(t)
	check(t, es, 20)
	for id, d := range es.Documents() {
		var times struct {
			IndexedAt time.Time `json:"indexed_at"`
			IndexMS   *int64    `json:"index_ms"`
			tweet.Document
		}
		if err := json.Unmarshal([]byte(d.Source), &times); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if times.IndexedAt.Before(before) || times.IndexedAt.After(time.Now()) {
			t.Errorf("%s was stored at %s", id, times.IndexedAt)
		}
		if want := times.IndexedAt.Sub(received).Milliseconds(); times.IndexMS == nil || *times.IndexMS != want {
			t.Errorf("%s: index_ms of %s, want %d", id, d.Source, want)
		}
	}
}

func TestAnIndexThatIsAwayHoldsTheOffsetsUntilItIsBack(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{503, 401, 429, 200}})
	produce(t, kafka, 30)
	s := start(t, kafka, es, false)
	awaitDone(t, kafka, 30)
	s.stop(t)
	check(t, es, 30)
	if left := es.Left().Statuses; len(left) != 0 {
		t.Errorf("faults %v did not happen", left)
	}
}

func TestAMissingTemplateIsWaitedForAndSaid(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{TemplateMissing: 1 << 30})
	produce(t, kafka, 5)
	s := start(t, kafka, es, false)
	s.awaitUnready(t, "the index template tweets is missing; run provision to make it, and indexing goes on by itself")
	es.Fail(elastictest.Faults{})
	awaitDone(t, kafka, 5)
	s.stop(t)
	check(t, es, 5)
}

func TestReadyOnlyAfterTheFirstPostWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{})
	s := start(t, kafka, es, true)
	s.awaitUnready(t, noDocument)

	// A stub is stored, and nobody sees it.
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Key: []byte("2060000000000000001")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, kafka, 1)
	check(t, es, 1)
	s.awaitUnready(t, noDocument)

	produce(t, kafka, 1)
	s.awaitUnready(t, "")
	s.stop(t)
	check(t, es, 2)
}

func TestReadyWhenAnotherReplicaHasStoredAPostAndNotForOneOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{})
	es.Put("1", elastictest.Document{Index: "tweets-2026.06", Source: `{"tweet_id":"1","indexed_at":"2026-06-03T10:15:30.000Z"}`})
	s := start(t, kafka, es, true)
	s.awaitUnready(t, noDocument)
	now := time.Now().UTC().Add(time.Minute).Format(time.RFC3339)
	es.Put("2", elastictest.Document{Index: "tweets-2026.06", Source: `{"tweet_id":"2","indexed_at":"` + now + `"}`})
	s.awaitUnready(t, "")
	s.stop(t)
}

func TestWithoutBeingAskedToWaitAnEmptyIndexIsReady(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	s := start(t, kafka, elastictest.Start(t, elastictest.Faults{}), false)
	s.awaitUnready(t, "")
	s.stop(t)
}

func check(t *testing.T, es *elastictest.Server, documents int) {
	t.Helper()
	if n := len(es.Documents()); n != documents {
		t.Errorf("the index has %d documents, want %d", n, documents)
	}
}

func testConfig(kafka broker.Config) Config {
	return Config{
		Kafka: kafka, Group: "index", Period: tweet.IndexMonthly, FlushInterval: 100 * time.Millisecond, Memory: 8 << 20,
		Bulk: bulk.Bounds{MinBytes: 1 << 10, MaxBytes: 1 << 20, MaxConcurrency: 4},
	}
}

// started is a running index half.
type started struct {
	process *telemetry.Process
	stop    func(t *testing.T)
}

func start(t *testing.T, kafka broker.Config, es *elastictest.Server, waitForDocuments bool) started {
	t.Helper()
	s := started{process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))}
	tel, closeStage, err := telemetry.Config{Process: s.process}.Join("index")
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(kafka)
	cfg.WaitForDocuments = waitForDocuments
	transport := es.Transport(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg, transport, tel) }()
	s.stop = func(t *testing.T) {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeStage()
	}
	return s
}

// awaitUnready waits until /readyz gives this reason; "" is ready.
func (s started) awaitUnready(t *testing.T, reason string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for s.process.Unready()["index"] != reason {
		select {
		case <-deadline:
			t.Fatalf("not ready because of %q, want %q", s.process.Unready()["index"], reason)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// awaitUnreadyBecause waits until /readyz gives a reason with this in it.
func (s started) awaitUnreadyBecause(t *testing.T, part string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !strings.Contains(s.process.Unready()["index"], part) {
		select {
		case <-deadline:
			t.Fatalf("not ready because of %q, want %q", s.process.Unready()["index"], part)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// received is when the posts of produce were received.
var received = time.Date(2026, 6, 3, 10, 0, 0, 250e6, time.UTC)

func produce(t *testing.T, kafka broker.Config, n int) {
	t.Helper()
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
	at := received.Add(-time.Second)
	var records []*kgo.Record
	for i := range n {
		value, err := tweet.Encode(&tweet.Document{
			TweetID: fmt.Sprint(i), CreatedAt: at, ObservedAt: received, Pipeline: tweet.Times{ReceivedAt: received}})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, &kgo.Record{Key: fmt.Append(nil, i), Value: value})
	}
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// committed is how many records are before the group's offsets.
func committed(t *testing.T, kafka broker.Config) (done int64) {
	t.Helper()
	if offsets, err := kadm.NewClient(kafkatest.Client(t, kafka)).FetchOffsets(t.Context(), "index"); err == nil {
		offsets.Each(func(o kadm.OffsetResponse) { done += max(o.At, 0) })
	}
	return done
}

// awaitDone waits until the group has committed n records.
func awaitDone(t *testing.T, kafka broker.Config, n int64) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for committed(t, kafka) < n {
		select {
		case <-deadline:
			t.Fatalf("%d of %d records are done", committed(t, kafka), n)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
