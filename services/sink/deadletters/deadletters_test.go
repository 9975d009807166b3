package deadletters

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/bulk"
	"catsvdogs/services/sink/elastictest"
	"catsvdogs/services/sink/index"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestARefusalIsOneDocumentHoweverOftenItIsReadOrWritten(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	es := elastictest.Start(t, elastictest.Faults{})
	produce(t, kafka, 10)
	produce(t, kafka, 10) // the same refusals, as after a crash of who refused
	for _, group := range []string{"first", "second"} {
		s := start(t, kafka, es, group)
		awaitDone(t, kafka, group, 20)
		s.stop(t)
	}
	check(t, es, 10)
	if es.Sent() != 40 {
		t.Errorf("%d documents were sent, want each of 20 records twice", es.Sent())
	}
}

func TestAForeignRecordInTheTopicStopsNothing(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{})
	write(t, kafka,
		&kgo.Record{Value: []byte("no header")},
		&kgo.Record{}, // not even a value
		&kgo.Record{Value: []byte("\xff\n"), Headers: []kgo.RecordHeader{{Key: "\xff", Value: nil}}},
		&kgo.Record{Timestamp: time.UnixMilli(0)}, // would be in an index of 1970
	)
	produce(t, kafka, 3)
	s := start(t, kafka, es, "group")
	awaitDone(t, kafka, "group", 7)
	s.stop(t)
	check(t, es, 6)
	s.checkPassedOver(t, "unusable_record", 1)
}

func TestADeadLetterThatTheIndexRefusesIsPassedOverAndNotWrittenAgain(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{Refuse: func(id string) string {
		if strings.HasSuffix(id, "7") {
			return "document_parsing_exception"
		}
		return ""
	}})
	produce(t, kafka, 20)
	s := start(t, kafka, es, "group")
	awaitDone(t, kafka, "group", 20)
	s.stop(t)
	check(t, es, 18)
	s.checkPassedOver(t, "document_parsing_exception", 2)
	if n := len(kafkatest.ReadAll(t, kafka, topic.DeadLetter)); n != 20 {
		t.Errorf("%s has %d records, want the 20 that were there", topic.DeadLetter, n)
	}
}

func TestAnIndexThatTakesNoDeadLettersHoldsUpDeadLettersOnly(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{Away: func(index string) bool { return strings.HasPrefix(index, indexPrefix) }})
	produce(t, kafka, 5)
	s := start(t, kafka, es, "group")
	s.awaitReady(t, false)

	posts := startPosts(t, kafka, es, s.process)
	write(t, kafka, &kgo.Record{Topic: topic.Enriched, Key: []byte("1"),
		Value: []byte(`{"tweet_id":"1","created_at":"2026-06-03T10:00:00Z","observed_at":"2026-06-03T10:00:00Z"}`)})
	awaitDone(t, kafka, "posts", 1)
	posts(t)
	check(t, es, 1)
	if done := committed(t, kafka, "group"); done > 0 {
		t.Errorf("%d dead letters are done, and none is stored", done)
	}

	es.Fail(elastictest.Faults{})
	awaitDone(t, kafka, "group", 5)
	s.awaitReady(t, true)
	s.stop(t)
	check(t, es, 6)
}

func TestAMissingTemplateIsWaitedFor(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := elastictest.Start(t, elastictest.Faults{TemplateMissing: 2})
	produce(t, kafka, 5)
	s := start(t, kafka, es, "group")
	awaitDone(t, kafka, "group", 5)
	s.stop(t)
	check(t, es, 5)
	if es.Left().TemplateMissing != 0 {
		t.Error("nobody asked for the template")
	}
}

var bounds = bulk.Bounds{MinBytes: 1 << 10, MaxBytes: 1 << 20, MaxConcurrency: 4}

// started is a running part.
type started struct {
	process *telemetry.Process
	stop    func(t *testing.T)
}

func start(t *testing.T, kafka broker.Config, es *elastictest.Server, group string) started {
	t.Helper()
	process := telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))
	tel, closeStage, err := telemetry.Config{Process: process}.Join("dead-letters")
	if err != nil {
		t.Fatal(err)
	}
	transport := es.Transport(t)
	stop := inBackground(func(ctx context.Context) error {
		defer closeStage()
		return Run(ctx, Config{Kafka: kafka, Group: group, Bulk: bounds, FlushInterval: 100 * time.Millisecond, Memory: 8 << 20}, transport, tel)
	})
	return started{process: process, stop: stop}
}

// startPosts runs the index half beside, in the same process.
func startPosts(t *testing.T, kafka broker.Config, es *elastictest.Server, process *telemetry.Process) (stop func(t *testing.T)) {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: process}.Join("posts")
	if err != nil {
		t.Fatal(err)
	}
	transport := es.Transport(t)
	return inBackground(func(ctx context.Context) error {
		defer closeStage()
		return index.Run(ctx, index.Config{
			Kafka: kafka, Group: "posts", Period: tweet.IndexMonthly, Bulk: bounds, FlushInterval: 100 * time.Millisecond, Memory: 8 << 20,
		}, transport, tel)
	})
}

func inBackground(run func(context.Context) error) (stop func(t *testing.T)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return func(t *testing.T) {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// awaitReady waits until the part is ready, or until it is unready because the index refuses.
func (s started) awaitReady(t *testing.T, want bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		reason := s.process.Unready()["dead-letters"]
		if want && reason == "" || !want && strings.Contains(reason, "503") {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("unready because of %q", reason)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s started) checkPassedOver(t *testing.T, reason string, want int) {
	t.Helper()
	answer := httptest.NewRecorder()
	s.process.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	line := fmt.Sprintf("catsvdogs_sink_dead_letters_passed_over_total{reason=%q} %d\n", reason, want)
	if !strings.Contains(answer.Body.String(), line) {
		t.Errorf("the metrics lack %s", line)
	}
}

func check(t *testing.T, es *elastictest.Server, documents int) {
	t.Helper()
	if n := len(es.Documents()); n != documents {
		t.Errorf("the index has %d documents, want %d", n, documents)
	}
}

// produce writes n dead letters of tweets.raw/0, from offset 0.
func produce(t *testing.T, kafka broker.Config, n int) {
	t.Helper()
	var records []*kgo.Record
	for i := range n {
		origin := &kgo.Record{Topic: topic.Raw, Offset: int64(i), Value: []byte("{")}
		records = append(records, delivery.DeadLetter(origin, delivery.StageEnricher, &delivery.Refusal{Reason: "invalid_json", Detail: "it ends too early"}))
	}
	write(t, kafka, records...)
}

func write(t *testing.T, kafka broker.Config, records ...*kgo.Record) {
	t.Helper()
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.DeadLetter))
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func committed(t *testing.T, kafka broker.Config, group string) (done int64) {
	t.Helper()
	if offsets, err := kadm.NewClient(kafkatest.Client(t, kafka)).FetchOffsets(t.Context(), group); err == nil {
		offsets.Each(func(o kadm.OffsetResponse) { done += max(o.At, 0) })
	}
	return done
}

// awaitDone waits until the group has committed n records.
func awaitDone(t *testing.T, kafka broker.Config, group string, n int64) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for committed(t, kafka, group) < n {
		select {
		case <-deadline:
			t.Fatalf("%s has not done %d records", group, n)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
