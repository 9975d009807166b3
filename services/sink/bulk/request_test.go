package bulk

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
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
		{Stored, 201, "", ""}, {Stored, 200, "", ""}, {FailureStore, 201, "", ""},
		{Stale, 409, "version_conflict_engine_exception", "version_conflict_engine_exception: newer"},
		{Refused, 400, "document_parsing_exception", "document_parsing_exception: bad date: the cause"},
		{Later, 429, "es_rejected_execution_exception", "es_rejected_execution_exception: queue full"},
		{Blocked, 503, "unavailable_shards_exception", "unavailable_shards_exception: no primary"},
		{Blocked, 403, "cluster_block_exception", "cluster_block_exception: read-only"},
		{Blocked, 404, "index_not_found_exception", "index_not_found_exception: no such index"},
		{Refused, 400, "refused_400", "Something Odd: ?"},
		{Blocked, 400, "index_closed_exception", "index_closed_exception: closed"},
		{Blocked, 400, "validation_exception", "validation_exception: no shard left"},
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
		"[indexed_at] within [_doc]":     Blocked,
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

func TestABodyHasAnActionAndADocumentALine(t *testing.T) {
	t.Parallel()
	items := []*Item{
		{Index: "tweets-2026.06", ID: `a "quoted" id`, Version: new(int64(7)), Document: Line(`{"n":1}`)},
		{Index: "dead-letters-2026.06", ID: "b", Document: Line(`{}`)},
		{Index: "tweets-2026.06", ID: "c", Version: new(int64(8)), Above: true, Document: Line(`{}`)},
	}
	want := `{"index":{"_index":"tweets-2026.06","_id":"a \"quoted\" id","version":7,"version_type":"external_gte"}}
{"n":1}
{"index":{"_index":"dead-letters-2026.06","_id":"b"}}
{}
{"index":{"_index":"tweets-2026.06","_id":"c","version":8,"version_type":"external"}}
{}
`
	var written strings.Builder
	if n, err := (&body{items: items}).WriteTo(&written); err != nil || int(n) != len(want) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if diff := cmp.Diff(want, written.String()); diff != "" {
		t.Error(diff)
	}
	read, err := io.ReadAll(iotest.OneByteReader(&body{items: items}))
	if diff := cmp.Diff(want, string(read)); diff != "" || err != nil {
		t.Errorf("read without compression: %v %s", err, diff)
	}
}

func itemsOf(n int) []*Item {
	items := make([]*Item, n)
	for i := range items {
		items[i] = &Item{ID: strconv.Itoa(i), Index: "i", Version: new(int64(1)), Document: Line(`{"n":1}`)}
	}
	return items
}
