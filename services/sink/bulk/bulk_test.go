package bulk

import (
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"catsvdogs/services/sink/elastictest"
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
	want := []Verdict{
		{Outcome: Stored}, {Outcome: Stored}, {Outcome: FailureStore},
		{Stale, "version_conflict_engine_exception", "version_conflict_engine_exception: newer"},
		{Refused, "document_parsing_exception", "document_parsing_exception: bad date: the cause"},
		{Later, "es_rejected_execution_exception", "es_rejected_execution_exception: queue full"},
		{Later, "unavailable_shards_exception", "unavailable_shards_exception: no primary"},
		{Later, "cluster_block_exception", "cluster_block_exception: read-only"},
		{Later, "index_not_found_exception", "index_not_found_exception: no such index"},
		{Refused, "refused_400", "Something Odd: ?"},
		{Later, "index_closed_exception", "index_closed_exception: closed"},
		{Later, "validation_exception", "validation_exception: no shard left"},
	}
	got, err := readVerdicts([]byte(answer), itemsOf(12), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An index made before this sink would refuse every document, and all posts would be dead letters.
func TestAMappingThatLacksOurOwnFieldIsNoFaultOfTheDocument(t *testing.T) {
	t.Parallel()
	for refused, want := range map[string]Outcome{
		"[indexed_at] within [_doc]":     Later,
		"[somebody's] within [_doc]":     Refused,
		"[indexed_at] within [pipeline]": Refused,
	} {
		answer := fmt.Sprintf(`{"items":[{"index":{"_id":"0","status":400,"error":{"type":"strict_dynamic_mapping_exception",
			"reason":"[1:2] mapping set to strict, dynamic introduction of %s is not allowed"}}}]}`, refused)
		got, err := readVerdicts([]byte(answer), itemsOf(1), []string{"indexed_at"})
		if err != nil || got[0].Outcome != want {
			t.Errorf("%s: %+v %v, want %s", refused, got, err, want)
		}
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
		if v, err := readVerdicts([]byte(answer), itemsOf(2), nil); err == nil {
			t.Errorf("%s is taken as %+v", name, v)
		}
	}
}

func TestBulksStayBelowTheirSizeAndKeepTheOrder(t *testing.T) {
	t.Parallel()
	items := itemsOf(100)
	for _, it := range items {
		it.Document = Line(make([]byte, 100))
	}
	items[40].Document = Line(make([]byte, 10_000)) // larger than a bulk
	var got []*Item
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

func TestABodyHasAnActionAndADocumentALine(t *testing.T) {
	t.Parallel()
	items := []*Item{
		{Index: "tweets-2026.06", ID: `a "quoted" id`, Version: new(int64(7)), Document: Line(`{"n":1}`)},
		{Index: "dead-letters-2026.06", ID: "b", Document: Line(`{}`)},
	}
	want := `{"index":{"_index":"tweets-2026.06","_id":"a \"quoted\" id","version":7,"version_type":"external_gte"}}
{"n":1}
{"index":{"_index":"dead-letters-2026.06","_id":"b"}}
{}
`
	if diff := cmp.Diff(want, string(appendBody(nil, items, time.Time{}))); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyWhatWasPushedBackIsSentAgain(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{PushBack: 5})
	items := itemsOf(20)
	store(t, es, items)
	if n := len(es.Documents()); n != 20 {
		t.Errorf("the index has %d of 20 documents", n)
	}
	if es.Sent() != 25 {
		t.Errorf("%d documents were sent, want 20 and 5 of them again", es.Sent())
	}
}

func TestARequestThatIsTooLargeIsHalvedUntilItPasses(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{MaxItems: 3})
	store(t, es, itemsOf(20))
	if n := len(es.Documents()); n != 20 {
		t.Errorf("the index has %d of 20 documents", n)
	}
}

func TestADocumentThatIsTooLargeAloneIsRefused(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{413}})
	items := itemsOf(1)
	store(t, es, items)
	if v := items[0].Verdict; v.Outcome != Refused || v.Kind != "bulk_refused" {
		t.Errorf("%+v", v)
	}
}

func TestEveryItemHasItsVerdictAfterwards(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{PushBack: 3, MaxItems: 4, Refuse: func(id string) string {
		if id == "7" {
			return "document_parsing_exception"
		}
		return ""
	}})
	es.Put("8", elastictest.Document{Version: 100})
	items := itemsOf(10)
	store(t, es, items)
	for i, it := range items {
		want := map[int]Outcome{7: Refused, 8: Stale}[i]
		if want == "" {
			want = Stored
		}
		if it.Verdict.Outcome != want {
			t.Errorf("item %d: %+v, want %s", i, it.Verdict, want)
		}
	}
}

// asked is a document that keeps when it was asked for.
type asked struct{ times []time.Time }

func (a *asked) Size() int { return 20 }
func (a *asked) AppendTo(line []byte, sent time.Time) []byte {
	a.times = append(a.times, sent)
	return fmt.Appendf(line, `{"attempt":%d}`, len(a.times))
}

func TestADocumentTellsOfTheAttemptThatStoredIt(t *testing.T) {
	t.Parallel()
	es := elastictest.Start(t, elastictest.Faults{Statuses: []int{503}})
	document := new(asked)
	store(t, es, []*Item{{Index: "i", ID: "0", Document: document}})
	if got := es.Documents()["0"].Source; got != `{"attempt":2}` {
		t.Errorf("the index has %s", got)
	}
	if len(document.times) != 2 || !document.times[1].After(document.times[0]) {
		t.Errorf("sent at %v", document.times)
	}
}

// unconcerned is a Status that nobody reads.
type unconcerned struct{}

func (unconcerned) Ready()         {}
func (unconcerned) Unready(string) {}

func store(t *testing.T, es *elastictest.Server, items []*Item) {
	t.Helper()
	w := &Writer{
		Transport: es.Transport(t), MaxBytes: 1 << 20, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Status: unconcerned{}, Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
	}
	if err := w.Store(t.Context(), items); err != nil {
		t.Fatal(err)
	}
}

func itemsOf(n int) []*Item {
	items := make([]*Item, n)
	for i := range items {
		items[i] = &Item{ID: strconv.Itoa(i), Index: "i", Version: new(int64(1)), Document: Line(`{"n":1}`)}
	}
	return items
}
