package deadletters

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
)

var refusedAt = time.Date(2026, 6, 30, 23, 59, 59, 999_900_000, time.UTC)

func TestADeadLetterBecomesADocumentOfItsHeaders(t *testing.T) {
	t.Parallel()
	origin := &kgo.Record{
		Topic: topic.Raw, Partition: 3, Offset: 42, Value: []byte(`{"data":`),
		Headers: []kgo.RecordHeader{
			{Key: topic.HeaderSource, Value: []byte("simulator")},
			{Key: topic.HeaderObservedAt, Value: []byte("2026-06-30T23:59:58.123456789Z")},
			{Key: topic.HeaderErrorReason, Value: []byte("not_ours")},
		},
	}
	r := delivery.DeadLetter(origin, delivery.StageEnricher, &delivery.Refusal{Reason: "invalid_json", Detail: "it ends too early"})
	r.Timestamp, r.Partition, r.Offset = refusedAt, 5, 7
	it, err := newItem(r)
	if err != nil {
		t.Fatal(err)
	}
	if it.Index != "dead-letters-2026.06" || it.ID != "tweets.raw-3-42" || it.Version != nil {
		t.Errorf("%s of %s, version %v", it.ID, it.Index, it.Version)
	}
	want := `{"@timestamp":"2026-06-30T23:59:59.999Z","observed_at":"2026-06-30T23:59:58.123Z","source":"simulator",` +
		`"error_stage":"enricher","error_reason":"invalid_json","error_detail":"it ends too early",` +
		`"origin_topic":"tweets.raw","origin_partition":3,"origin_offset":42,"size_bytes":8}`
	if diff := cmp.Diff(want, string(it.Document.AppendTo(nil, time.Now()))); diff != "" {
		t.Error(diff)
	}
}

func TestADeadLetterThatWasPutBackSaysSoInItsOwnDocument(t *testing.T) {
	t.Parallel()
	origin := &kgo.Record{Topic: topic.Raw, Partition: 3, Offset: 42, Value: []byte(`{"data":`), Headers: []kgo.RecordHeader{
		{Key: topic.HeaderRedriveAttempt, Value: []byte("2")}, {Key: topic.HeaderRedriveOf, Value: []byte("tweets.dlq/5/1")},
	}}
	letter := delivery.DeadLetter(origin, delivery.StageEnricher, &delivery.Refusal{Reason: "invalid_json", Detail: "it ends too early"})
	letter.Timestamp, letter.Partition, letter.Offset = refusedAt, 5, 7
	resolution := delivery.Resolution(letter, refusedAt.Add(time.Hour))
	resolution.Offset = 8
	before, err := newItem(letter)
	if err != nil {
		t.Fatal(err)
	}
	it, err := newItem(resolution)
	if err != nil {
		t.Fatal(err)
	}
	if it.Index != before.Index || it.ID != before.ID {
		t.Errorf("%s of %s takes not the place of %s of %s", it.ID, it.Index, before.ID, before.Index)
	}
	want := `{"@timestamp":"2026-06-30T23:59:59.999Z","error_stage":"enricher","error_reason":"invalid_json","error_detail":"it ends too early",` +
		`"origin_topic":"tweets.raw","origin_partition":3,"origin_offset":42,"redriven_at":"2026-07-01T00:59:59.999Z","redrive_attempt":2,"redrive_of":"tweets.dlq/5/7"}`
	if diff := cmp.Diff(want, string(it.Document.AppendTo(nil, time.Now()))); diff != "" {
		t.Error(diff)
	}
}

func TestARefusedRecordCannotClaimThatItWasPutBack(t *testing.T) {
	t.Parallel()
	origin := &kgo.Record{Topic: topic.Raw, Value: []byte("x"), Headers: []kgo.RecordHeader{
		{Key: topic.HeaderRedrivenAt, Value: []byte(refusedAt.Format(time.RFC3339Nano))}, {Key: topic.HeaderRedriveOf, Value: []byte("tweets.dlq/0/0")},
	}}
	r := delivery.DeadLetter(origin, delivery.StageEnricher, &delivery.Refusal{Reason: "r", Detail: "d"})
	r.Timestamp = refusedAt
	it, err := newItem(r)
	if err != nil {
		t.Fatal(err)
	}
	if line := string(it.Document.AppendTo(nil, time.Now())); strings.Contains(line, "redriven_at") {
		t.Error(line)
	}
}

func TestTheIndexMapsEveryFieldOfADeadLetter(t *testing.T) {
	t.Parallel()
	mapped, err := schemas.DeadLetterFields()
	if err != nil {
		t.Fatal(err)
	}
	r := delivery.DeadLetter(&kgo.Record{Topic: topic.Raw, Headers: []kgo.RecordHeader{
		{Key: topic.HeaderSource, Value: []byte("x")}, {Key: topic.HeaderObservedAt, Value: []byte(refusedAt.Format(time.RFC3339Nano))},
		{Key: topic.HeaderRedriveAttempt, Value: []byte("1")}, {Key: topic.HeaderRedriveOf, Value: []byte("tweets.dlq/0/0")},
	}}, delivery.StageEnricher, &delivery.Refusal{Reason: "r", Detail: "d"})
	r.Timestamp, r.Offset = refusedAt, 7
	resolution := delivery.Resolution(r, refusedAt)
	resolution.Offset = 8
	fields := map[string]any{}
	for _, r := range []*kgo.Record{r, resolution} {
		it, err := newItem(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(it.Document.AppendTo(nil, time.Now()), &fields); err != nil {
			t.Fatal(err)
		}
	}
	for name := range fields {
		if mapped[name] == "" {
			t.Errorf("the strict mapping has no %s", name)
		}
	}
	for name := range mapped {
		if fields[name] == nil {
			t.Errorf("no dead letter has %s", name)
		}
	}
}

func TestAHeaderThatCannotBeReadIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, headers := range map[string]map[string]string{
		"none":   {},
		"others": {"hello": "world", "": ""},
		"unreadable": {
			topic.HeaderObservedAt: "yesterday", topic.HeaderSource: "\xff", topic.HeaderErrorStage: strings.Repeat("s", 257),
			topic.HeaderErrorReason: "", topic.HeaderOriginTopic: "../*", topic.HeaderOriginPartition: "-1", topic.HeaderOriginOffset: "1e3",
		},
		"out of bounds": {
			topic.HeaderObservedAt: "9999-12-31T00:00:00Z", topic.HeaderOriginTopic: strings.Repeat("t", 250),
			topic.HeaderOriginPartition: "2147483648", topic.HeaderOriginOffset: "9223372036854775808",
		},
	} {
		r := &kgo.Record{Topic: topic.DeadLetter, Partition: 5, Offset: 7, Timestamp: refusedAt}
		for key, value := range headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
		}
		it, err := newItem(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if it.ID != "tweets.dlq-5-7" {
			t.Errorf("%s: the id is %s", name, it.ID)
		}
		if got := string(it.Document.AppendTo(nil, time.Now())); got != `{"@timestamp":"2026-06-30T23:59:59.999Z","size_bytes":0}` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestADetailIsBoundedAndQuotesNoDocument(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"it ends too early": "it ends too early",
		"half a \xc3":       "half a \uFFFD",
		"tweets-2026.06: document_parsing_exception: [1:9] failed to parse field [text] of type [text] in document with id '7'. Preview of field's value: '{secret=1}': more of it": "tweets-2026.06: document_parsing_exception: [1:9] failed to parse field [text] of type [text] in document with id '7'.",
		"document_parsing_exception: [1:30] failed to parse: [1:69] Duplicate field 'text'\n at [Source: (byte[])\"{secret}\"; line: 1, column: 69]":                                "document_parsing_exception: [1:30] failed to parse: [1:69] Duplicate field 'text'",
		"illegal_argument_exception: immense term in field=\"text\". The prefix of the first immense term is: '[115, 101, 99]...'":                                                  "illegal_argument_exception: immense term in field=\"text\".",
	} {
		if got := detail(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
	if got := detail(strings.Repeat("ü", 2000)); len(got) > 1024 || len(got) < 1020 || !utf8.ValidString(got) {
		t.Errorf("a long detail has %d bytes: …%q", len(got), got[len(got)-8:])
	}
}

func TestATimeThatIsNoneOfOursOpensNoIndex(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, time.UnixMilli(-1), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.UnixMilli(1 << 60)} {
		if it, err := newItem(&kgo.Record{Timestamp: at}); err == nil {
			t.Errorf("%s goes to %s", at, it.Index)
		}
	}
}

func FuzzAForeignRecordBecomesADocumentThatTheMappingTakes(f *testing.F) {
	f.Add(topic.HeaderErrorDetail, []byte("Preview of field's value: 'a'"), int64(1_780_000_000_000))
	f.Add(topic.HeaderOriginOffset, []byte("42"), int64(0))
	f.Add(topic.HeaderObservedAt, []byte("2026-06-30T23:59:58+23:59"), int64(4_102_444_799_999))
	mapped, err := schemas.DeadLetterFields()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string, value []byte, ms int64) {
		it, err := newItem(&kgo.Record{Timestamp: time.UnixMilli(ms), Headers: []kgo.RecordHeader{{Key: header, Value: value}}})
		if err != nil {
			return
		}
		line := it.Document.AppendTo(nil, time.Now())
		var fields map[string]any
		if err := errors.Join(json.Unmarshal(line, &fields), checkLine(line)); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for name := range fields {
			if mapped[name] == "" {
				t.Errorf("the mapping has no %q", name)
			}
		}
	})
}

// checkLine says what a bulk request could not take.
func checkLine(line []byte) error {
	if strings.ContainsAny(string(line), "\r\n") || len(line) > 4096+1024*6 {
		return errors.New("not one bounded line")
	}
	return nil
}
