package bulk

import (
	"encoding/json"
	"testing"
)

// FuzzAnAnswerIsForTheItemsThatWereSent: of whatever stands between here and Elasticsearch. A guess would commit what was never
// stored.
func FuzzAnAnswerIsForTheItemsThatWereSent(f *testing.F) {
	f.Add([]byte(`{"items":[{"index":{"_id":"1","status":201}},{"index":{"_id":"2","status":400,"error":{"type":"document_parsing_exception","reason":"x","caused_by":{"reason":"y"}}}}]}`))
	f.Add([]byte(`{"items":[{"index":{"_id":"2","status":201}},{"index":{"_id":"1","status":201}}]}`))
	f.Add([]byte(`{"items":[{"index":{"_id":"1","status":-9223372036854775808,"error":{"type":"\u0000"}}},{"index":{"_id":"2","status":409,"failure_store":"used"}}]}`))
	f.Add([]byte(`{"items":[{"create":{"_id":"1","status":201}},null]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		items := []*Item{{ID: "1", Index: "a"}, {ID: "2", Index: "a"}}
		verdicts, err := readVerdicts(answer, items, []string{"indexed_at"})
		if err != nil {
			if verdicts != nil {
				t.Error("there are verdicts beside an error")
			}
			return
		}
		if len(verdicts) != len(items) || !json.Valid(answer) {
			t.Fatalf("%d verdicts from %q", len(verdicts), answer)
		}
		for _, v := range verdicts {
			if stored := v.Outcome == Stored || v.Outcome == FailureStore; stored && (v.Status < 200 || v.Status > 299) {
				t.Errorf("%q is taken for stored: %+v", answer, v)
			}
			if v.Outcome == Refused && !reasonPattern(v.Kind) {
				t.Errorf("%q is refused for the reason %q", answer, v.Kind)
			}
		}
	})
}

// FuzzAReasonOfAWholeRequestIsReadOrNone: an error page of a proxy has none.
func FuzzAReasonOfAWholeRequestIsReadOrNone(f *testing.F) {
	f.Add(`{"error":{"type":"illegal_argument_exception","reason":"id [1] is too long"}}`)
	f.Add(`{"error":"no handler found"}`)
	f.Add("<html>")
	f.Fuzz(func(t *testing.T, body string) {
		if reason := reasonOf(body); reason != "" && !json.Valid([]byte(body)) {
			t.Errorf("%q gives %q", body, reason)
		}
	})
}
