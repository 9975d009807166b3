package index

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachItemOfAnAnswerHasItsOwnVerdict(t *testing.T) {
	t.Parallel()
	answer := `{"took":1,"errors":true,"items":[
		{"index":{"_index":"i","_id":"0","status":201,"result":"created"}},
		{"index":{"_index":"i","_id":"1","status":200,"result":"updated"}},
		{"index":{"_index":"i","_id":"2","status":201,"failure_store":"used"}},
		{"index":{"_index":"i","_id":"3","status":409,"error":{"type":"version_conflict_engine_exception","reason":"newer"}}},
		{"index":{"_index":"i","_id":"4","status":400,"error":{"type":"document_parsing_exception","reason":"bad date","caused_by":{"type":"x","reason":"the cause"}}}},
		{"index":{"_index":"i","_id":"5","status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue full"}}},
		{"index":{"_index":"i","_id":"6","status":503,"error":{"type":"unavailable_shards_exception","reason":"no primary"}}},
		{"index":{"_index":"i","_id":"7","status":403,"error":{"type":"cluster_block_exception","reason":"read-only"}}},
		{"index":{"_index":"i","_id":"8","status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}}},
		{"index":{"_index":"i","_id":"9","status":400,"error":{"type":"Something Odd","reason":"?"}}},
		{"index":{"_index":"i","_id":"10","status":400,"error":{"type":"index_closed_exception","reason":"closed"}}},
		{"index":{"_index":"i","_id":"11","status":400,"error":{"type":"validation_exception","reason":"no shard left"}}}]}`
	want := []verdict{
		{outcome: outcomeStored}, {outcome: outcomeStored}, {outcome: outcomeFailureStore},
		{outcomeStale, "version_conflict_engine_exception", "version_conflict_engine_exception: newer"},
		{outcomeRefused, "document_parsing_exception", "document_parsing_exception: bad date: the cause"},
		{outcomeLater, "es_rejected_execution_exception", "es_rejected_execution_exception: queue full"},
		{outcomeLater, "unavailable_shards_exception", "unavailable_shards_exception: no primary"},
		{outcomeLater, "cluster_block_exception", "cluster_block_exception: read-only"},
		{outcomeLater, "index_not_found_exception", "index_not_found_exception: no such index"},
		{outcomeRefused, "refused_400", "Something Odd: ?"},
		{outcomeLater, "index_closed_exception", "index_closed_exception: closed"},
		{outcomeLater, "validation_exception", "validation_exception: no shard left"},
	}
	got, err := readVerdicts([]byte(answer), itemsOf(12))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(verdict{})); diff != "" {
		t.Error(diff)
	}
}

func TestAnAnswerThatDoesNotMatchTheRequestIsAnError(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"too few":        `{"items":[{"index":{"_id":"0","status":201}}]}`,
		"too many":       `{"items":[{"index":{"_id":"0","status":201}},{"index":{"_id":"1","status":201}},{"index":{"_id":"2","status":201}}]}`,
		"another order":  `{"items":[{"index":{"_id":"1","status":201}},{"index":{"_id":"0","status":201}}]}`,
		"another action": `{"items":[{"index":{"_id":"0","status":201}},{"create":{"_id":"1","status":201}}]}`,
		"no JSON":        `<html>`,
		"no items":       `{}`,
	} {
		if v, err := readVerdicts([]byte(answer), itemsOf(2)); err == nil {
			t.Errorf("%s is taken as %+v", name, v)
		}
	}
}

func TestADeletionBecomesAStubWithTheVersionOfItsObservation(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 3, 10, 0, 0, 5e6, time.UTC)
	it, err := newItem(&kgo.Record{
		Key: []byte("2060000000000000001"), Timestamp: at.Add(time.Hour),
		Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(at.Format(time.RFC3339Nano))}},
	}, tweet.IndexDaily)
	if err != nil {
		t.Fatal(err)
	}
	if it.index != "tweets-2026.05.28" || it.version != at.UnixMilli() || string(it.source) != `{"tweet_id":"2060000000000000001","deleted_at":"2026-06-03T10:00:00.005Z"}` {
		t.Errorf("%s %d %s", it.index, it.version, it.source)
	}
	if _, err := newItem(&kgo.Record{Key: []byte("?")}, tweet.IndexDaily); err == nil {
		t.Error("a deletion of nothing is taken")
	}
}

func TestBulksStayBelowTheirSizeAndKeepTheOrder(t *testing.T) {
	t.Parallel()
	items := itemsOf(100)
	for _, it := range items {
		it.source = make([]byte, 100)
	}
	items[40].source = make([]byte, 10_000) // larger than a bulk
	var got []*item
	for _, chunk := range chunks(items, 1000) {
		size := 0
		for _, it := range chunk {
			size += it.size()
		}
		if size > 1000 && len(chunk) > 1 {
			t.Errorf("a bulk of %d items has %d bytes", len(chunk), size)
		}
		got = append(got, chunk...)
	}
	if len(got) != 100 {
		t.Fatalf("%d of 100 items are left", len(got))
	}
	for i := range got {
		if got[i] != items[i] {
			t.Fatalf("item %d is another one", i)
		}
	}
}

func TestDocumentsThatAreRefusedGoToTheDeadLettersAndTheRestIsStored(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	es := newFaultyIndex(t)
	es.refuse = func(id string) bool { return strings.HasSuffix(id, "7") }
	produce(t, kafka, 100)
	stop := start(t, kafka, es.url)
	awaitDone(t, kafka, 100)
	stop()
	es.check(t, 90)
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

func TestOnlyWhatWasPushedBackIsSentAgain(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := newFaultyIndex(t)
	es.pushBack = 5
	produce(t, kafka, 20)
	stop := start(t, kafka, es.url)
	awaitDone(t, kafka, 20)
	stop()
	es.check(t, 20)
	if es.sent != 25 {
		t.Errorf("%d documents were sent, want 20 and 5 of them again", es.sent)
	}
}

func TestAnIndexThatIsAwayHoldsTheOffsetsUntilItIsBack(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	es := newFaultyIndex(t)
	es.statuses = []int{503, 401, 429, 200}
	produce(t, kafka, 30)
	stop := start(t, kafka, es.url)
	awaitDone(t, kafka, 30)
	stop()
	es.check(t, 30)
	if len(es.statuses) != 0 {
		t.Errorf("faults %v did not happen", es.statuses)
	}
}

func TestARequestThatIsTooLargeIsHalvedUntilItPasses(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := newFaultyIndex(t)
	es.maxItems = 3
	produce(t, kafka, 20)
	stop := start(t, kafka, es.url)
	awaitDone(t, kafka, 20)
	stop()
	es.check(t, 20)
}

func TestAMissingTemplateIsWaitedForAndSaid(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	es := newFaultyIndex(t)
	es.templateMissing = 2
	produce(t, kafka, 5)
	stop := start(t, kafka, es.url)
	awaitDone(t, kafka, 5)
	stop()
	es.check(t, 5)
}

// faultyIndex answers bulks in the form that Elasticsearch documents and fails as it is told.
type faultyIndex struct {
	url string

	mu              sync.Mutex
	documents       map[string]int64 // id to version
	sent            int
	refuse          func(id string) bool
	pushBack        int   // items that still get a 429
	statuses        []int // of whole requests, 200 for none
	maxItems        int   // over which a request is 413
	templateMissing int   // times
}

func newFaultyIndex(t *testing.T) *faultyIndex {
	t.Helper()
	es := &faultyIndex{documents: map[string]int64{}, refuse: func(string) bool { return false }}
	server := httptest.NewServer(es)
	t.Cleanup(server.Close)
	es.url = server.URL
	return es
}

func (es *faultyIndex) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	es.mu.Lock()
	defer es.mu.Unlock()
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	if strings.HasPrefix(r.URL.Path, "/_index_template/") {
		if es.templateMissing > 0 {
			es.templateMissing--
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"index_templates":[]}`)
		return
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(z)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	if len(es.statuses) > 0 {
		status := es.statuses[0]
		es.statuses = es.statuses[1:]
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	if es.maxItems > 0 && len(lines)/2 > es.maxItems {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var items []string
	for i := 0; i < len(lines); i += 2 {
		items = append(items, es.item(lines[i]))
	}
	_, _ = fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
}

func (es *faultyIndex) item(action []byte) string {
	var a struct {
		Index struct {
			ID      string `json:"_id"`
			Version int64  `json:"version"`
			Type    string `json:"version_type"`
		} `json:"index"`
	}
	if json.Unmarshal(action, &a) != nil || a.Index.Type != "external_gte" {
		return `{"index":{"status":400}}`
	}
	es.sent++
	answer := func(status int, kind string) string {
		return fmt.Sprintf(`{"index":{"_id":%q,"status":%d,"error":{"type":%q,"reason":"as told"}}}`, a.Index.ID, status, kind)
	}
	switch {
	case es.refuse(a.Index.ID):
		return answer(400, "document_parsing_exception")
	case es.pushBack > 0:
		es.pushBack--
		return answer(429, "es_rejected_execution_exception")
	case es.documents[a.Index.ID] > a.Index.Version:
		return answer(409, "version_conflict_engine_exception")
	}
	es.documents[a.Index.ID] = a.Index.Version
	return fmt.Sprintf(`{"index":{"_id":%q,"status":201}}`, a.Index.ID)
}

func (es *faultyIndex) check(t *testing.T, documents int) {
	t.Helper()
	es.mu.Lock()
	defer es.mu.Unlock()
	if len(es.documents) != documents {
		t.Errorf("the index has %d documents, want %d", len(es.documents), documents)
	}
}

func start(t *testing.T, kafka broker.Config, url string) (stop func()) {
	t.Helper()
	transport, err := elastic.Connect(elastic.Config{ElasticsearchURL: url})
	if err != nil {
		t.Fatal(err)
	}
	tel, closeStage, err := telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))}.Join("index")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Config{Kafka: kafka, Group: "index", Period: tweet.IndexMonthly, BulkBytes: 1 << 20}, transport, tel)
	}()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeStage()
	}
}

func produce(t *testing.T, kafka broker.Config, n int) {
	t.Helper()
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
	at := time.Date(2026, 6, 3, 10, 0, 0, 0, time.UTC)
	var records []*kgo.Record
	for i := range n {
		value, err := tweet.Encode(&tweet.Document{TweetID: fmt.Sprint(i), CreatedAt: at, ObservedAt: at})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, &kgo.Record{Key: fmt.Append(nil, i), Value: value})
	}
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// awaitDone waits until the group has committed n records.
func awaitDone(t *testing.T, kafka broker.Config, n int64) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	deadline := time.After(60 * time.Second)
	for {
		var done int64
		if offsets, err := admin.FetchOffsets(t.Context(), "index"); err == nil {
			offsets.Each(func(o kadm.OffsetResponse) { done += o.At })
		}
		if done >= n {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%d of %d records are done", done, n)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func itemsOf(n int) []*item {
	items := make([]*item, n)
	for i := range items {
		items[i] = &item{id: fmt.Sprint(i), index: "i", record: &kgo.Record{}}
	}
	return items
}
