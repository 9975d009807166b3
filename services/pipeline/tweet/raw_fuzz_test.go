package tweet

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/topic"
)

// FuzzARawRecordThatIsReadIsWrittenTheSame: headers that are taken mean what they are written as by us, and no time among
// them is one that nothing can hold.
func FuzzARawRecordThatIsReadIsWrittenTheSame(f *testing.F) {
	f.Add(topic.HeaderKind, []byte("refresh"), headerEarlier, []byte(`{"arrived_at":"2026-06-03T10:15:30Z","arrival_ms":7,"observed_at":"2026-06-03T10:15:30Z","observations":1,"metrics":{}}`))
	f.Add(topic.HeaderObservedAt, []byte("9999-12-31T23:59:59-23:59"), headerCounts, []byte(`{"likes":1e999}`))
	f.Add(topic.HeaderObservedAt, []byte("1969-12-31T23:59:59Z"), headerMatchedRules, []byte(`[{"id":"1","tag":"\u0000"}]`))
	f.Add(topic.HeaderTruncatedLength, []byte("-1"), headerSample, []byte("99999999999999999999"))
	f.Fuzz(func(t *testing.T, name1 string, value1 []byte, name2 string, value2 []byte) {
		given := []Header{{topic.HeaderSource, []byte("x")}, {topic.HeaderSchema, []byte("y")}, {topic.HeaderObservedAt, []byte("2026-06-03T10:15:30Z")},
			{name1, value1}, {name2, value2}}
		read := func(headers []Header) (Raw, error) {
			return ParseRaw(nil, nil, func(yield func(Header) bool) {
				for _, h := range headers {
					if !yield(h) {
						return
					}
				}
			})
		}
		first, err := read(given)
		if err != nil {
			return
		}
		if first.ObservedAt.UnixMilli() < 0 {
			t.Errorf("a version below zero follows from %s", first.ObservedAt)
		}
		if _, err := json.Marshal(first.Earlier); err != nil {
			t.Errorf("a document cannot hold %+v: %v", first.Earlier, err)
		}
		second, err := read(first.Headers())
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(first.Headers(), second.Headers()); diff != "" {
			t.Errorf("first (-), then (+):\n%s", diff)
		}
	})
}

// FuzzAnObservationIsWithinItsBounds: as a text, and as the time of a record.
func FuzzAnObservationIsWithinItsBounds(f *testing.F) {
	f.Add("2026-06-03T10:15:30.123456789Z", int64(0))
	f.Add("0000-01-01T00:00:00+23:59", int64(-1))
	f.Add("9999-12-31T23:59:59-23:59", int64(1<<63-1))
	f.Fuzz(func(t *testing.T, text string, ms int64) {
		at, err := ParseObserved(text)
		if err != nil {
			at = firstObservable
		}
		for _, one := range []time.Time{at, Observable(time.UnixMilli(ms))} {
			if _, err := json.Marshal(one.UTC()); err != nil || Version(one) < 0 {
				t.Errorf("%q, %d: %s", text, ms, one)
			}
		}
	})
}
