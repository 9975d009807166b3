package index

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

const place = `"tweet_id":"7","created_at":"2026-06-03T10:00:00Z","observed_at":"2026-06-03T10:00:01Z"`

func TestADocumentIsSentAsItStandsInKafkaWithTheTimesOfStoring(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 6, 3, 12, 0, 2, 345_678_900, time.FixedZone("", 2*3600))
	for name, c := range map[string]struct{ value, want string }{
		"received": {
			`{` + place + `,"text":"\u003c \/ ü","n":1.50,"pipeline":{"received_at":"2026-06-03T10:00:01.3459Z"}}`,
			`{` + place + `,"text":"\u003c \/ ü","n":1.50,"pipeline":{"received_at":"2026-06-03T10:00:01.3459Z"},"indexed_at":"2026-06-03T10:00:02.345Z","index_ms":1000}`,
		},
		"received on a clock that is ahead": {
			`{` + place + `,"pipeline":{"received_at":"2026-06-03T10:00:03.345Z"}}`,
			`{` + place + `,"pipeline":{"received_at":"2026-06-03T10:00:03.345Z"},"indexed_at":"2026-06-03T10:00:02.345Z","index_ms":-1000}`,
		},
		"not known when received": {
			`{` + place + `}`,
			`{` + place + `,"indexed_at":"2026-06-03T10:00:02.345Z"}`,
		},
		"on several lines": {
			"\n{" + place + ",\r\n\"text\": \"a\\nb\"\n}\n ",
			`{` + place + `,"text":"a\nb","indexed_at":"2026-06-03T10:00:02.345Z"}`,
		},
	} {
		it, err := newItem(&kgo.Record{Value: []byte(c.value)}, tweet.IndexMonthly)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := string(it.Document.AppendTo([]byte("before "), sent))
		if diff := cmp.Diff("before "+c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if len(got) > len("before ")+it.Document.Size() {
			t.Errorf("%s: %d bytes, more than the %d that were announced", name, len(got), it.Document.Size())
		}
	}
}

func TestWhatIsNoDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		``, ` `, `null`, `7`, `"a"`, `[]`, `{}`, `[{` + place + `}]`, `{` + place, `{` + place + `}}`, `{` + place + `} {}`,
		`{"tweet_id":"7"}`, strings.Replace(`{`+place+`}`, "7", strings.Repeat("7", 513), 1), `{` + place + `,"pipeline":{"received_at":"yesterday"}}`,
	} {
		if it, err := newItem(&kgo.Record{Value: []byte(value)}, tweet.IndexMonthly); err == nil {
			t.Errorf("%s is sent as %s", value, it.Document.AppendTo(nil, time.Now()))
		} else if _, refused := delivery.AsRefusal(err); !refused {
			t.Errorf("%s would stop the others: %v", value, err)
		}
	}
}

// Elasticsearch reads a bulk by lines, so a line end within a document would make actions of its parts.
func FuzzADocumentIsOneLineOfJSON(f *testing.F) {
	f.Add([]byte(`{` + place + `}`))
	f.Add([]byte("{" + place + ",\"a\":[\n{\"delete\":{\"_index\":\"i\",\"_id\":\"1\"}}\n]}"))
	f.Add([]byte(`{` + place + "}\x00"))
	f.Fuzz(func(t *testing.T, value []byte) {
		if value == nil {
			return // a deletion
		}
		it, err := newItem(&kgo.Record{Value: value}, tweet.IndexMonthly)
		if err != nil {
			return
		}
		line := it.Document.AppendTo(nil, time.Now())
		var got map[string]any
		if err := json.Unmarshal(line, &got); err != nil || got[fieldIndexedAt] == nil || strings.ContainsAny(string(line), "\r\n") {
			t.Errorf("%q becomes %q: %v", value, line, err)
		}
	})
}

func TestADeletionBecomesAStubWithTheVersionAfterItsObservation(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 3, 10, 0, 0, 5e6, time.UTC)
	it, err := newItem(&kgo.Record{
		Key: []byte("2060000000000000001"), Timestamp: at.Add(time.Hour),
		Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(at.Format(time.RFC3339Nano))}},
	}, tweet.IndexDaily)
	if err != nil {
		t.Fatal(err)
	}
	source := string(it.Document.AppendTo(nil, at.Add(time.Second)))
	if it.Index != "tweets-2026.05.28" || *it.Version != at.UnixMilli()+1 || !it.Above ||
		source != `{"tweet_id":"2060000000000000001","deleted_at":"2026-06-03T10:00:00.005Z","indexed_at":"2026-06-03T10:00:01.005Z"}` {
		t.Errorf("%s %d %s", it.Index, *it.Version, source)
	}
	if _, err := newItem(&kgo.Record{Key: []byte("?")}, tweet.IndexDaily); err == nil {
		t.Error("a deletion of nothing is taken")
	}
}

func TestTheIndexKnowsTheFieldsThatAreAdded(t *testing.T) {
	t.Parallel()
	fields, err := schemas.TweetFields()
	if err != nil {
		t.Fatal(err)
	}
	if fields[fieldIndexedAt] != "date" || fields[fieldIndexMS] != "long" {
		t.Errorf("%s is %q, %s is %q", fieldIndexedAt, fields[fieldIndexedAt], fieldIndexMS, fields[fieldIndexMS])
	}
}
