package delivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/topic"
)

func TestADeadLetterKeepsItsOriginByteForByteAndSaysWhy(t *testing.T) {
	t.Parallel()
	origin := &kgo.Record{
		Topic: topic.Raw, Partition: 3, Offset: 12, Key: []byte("1"), Value: []byte("\xff{broken"),
		Headers: []kgo.RecordHeader{{Key: topic.HeaderSource, Value: []byte("x")}},
	}
	got := DeadLetter(origin, StageEnricher, &Refusal{Reason: "invalid_json", Detail: "it ends too early"})
	if got.Topic != topic.DeadLetter || !bytes.Equal(got.Key, origin.Key) || !bytes.Equal(got.Value, origin.Value) {
		t.Errorf("key and value are not the origin's: %+v", got)
	}
	headers := map[string]any{}
	for _, h := range got.Headers {
		headers[h.Key] = string(h.Value)
	}
	schema, err := schemas.Compile(schemas.DeadLetter)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(headers); err != nil {
		t.Error(err)
	}
	for key, want := range map[string]string{
		"source": "x", "error_reason": "invalid_json", "origin_topic": topic.Raw, "origin_partition": "3", "origin_offset": "12",
	} {
		if headers[key] != want {
			t.Errorf("header %s is %v, want %s", key, headers[key], want)
		}
	}
}

func TestTheSchemaOfADeadLetterWantsTheHeadersThatItHas(t *testing.T) {
	t.Parallel()
	var schema struct{ Required []string }
	if err := json.Unmarshal(schemas.DeadLetter, &schema); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, h := range DeadLetter(&kgo.Record{}, StageEnricher, &Refusal{}).Headers {
		got[h.Key] = true
	}
	if len(got) != len(schema.Required) {
		t.Errorf("it has %v, the schema wants %v", got, schema.Required)
	}
	for _, key := range schema.Required {
		if !got[key] {
			t.Errorf("header %s is missing", key)
		}
	}
}

func TestALongDetailIsCutAtACharacter(t *testing.T) {
	t.Parallel()
	for _, detail := range []string{strings.Repeat("🐱", 400), strings.Repeat("x", 1023) + "é", "\xff\xfe"} {
		got := BoundedDetail(detail)
		if len(got) > maxDetailBytes || !utf8.ValidString(got) {
			t.Errorf("%d bytes, valid %t", len(got), utf8.ValidString(got))
		}
	}
}

func TestARefusalIsFoundInAChainOfErrors(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("line 5: %w", Refuse("invalid_id", "the id is %q", "x"))
	if r, ok := AsRefusal(err); !ok || r.Reason != "invalid_id" {
		t.Errorf("AsRefusal(%v) = %v, %t", err, r, ok)
	}
	if _, ok := AsRefusal(fmt.Errorf("broker away")); ok {
		t.Error("any error is a refusal")
	}
}

// A broker counts compressed bytes, so somebody else may have written a record that none takes uncompressed.
func TestADeadLetterOfARecordThatIsTooLargeFitsAndSaysWhatItWas(t *testing.T) {
	t.Parallel()
	schema, err := schemas.Compile(schemas.DeadLetter)
	if err != nil {
		t.Fatal(err)
	}
	for name, origin := range map[string]*kgo.Record{
		"value":                         {Key: []byte("1"), Value: bytes.Repeat([]byte("x"), 5_000_000)},
		"key":                           {Key: bytes.Repeat([]byte("k"), 5_000_000), Value: []byte("x")},
		"headers":                       {Key: []byte("1"), Value: []byte("x"), Headers: []kgo.RecordHeader{{Key: "h", Value: bytes.Repeat([]byte("x"), 5_000_000)}}},
		"many headers without anything": {Key: []byte("1"), Value: []byte("x"), Headers: make([]kgo.RecordHeader, 2_000_000)},
	} {
		origin.Topic = topic.Raw
		got := DeadLetter(origin, StageEnricher, &Refusal{Reason: "invalid_json", Detail: "no"})
		if n := len(got.Key) + len(got.Value) + bytesOf(got.Headers); n > 200<<10 || len(got.Headers) > 100 {
			t.Errorf("%s: %d bytes, %d headers", name, n, len(got.Headers))
		}
		headers := map[string]any{}
		for _, h := range got.Headers {
			headers[h.Key] = string(h.Value)
		}
		if headers["truncated_length"] != fmt.Sprint(len(origin.Value)) || !bytes.HasPrefix(origin.Value, got.Value) {
			t.Errorf("%s: %v", name, headers)
		}
		if err := schema.Validate(headers); err != nil {
			t.Error(err)
		}
	}
}
