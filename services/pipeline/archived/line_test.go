package archived

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestALineHoldsJSONVerbatimAndEverythingElseAsBase64(t *testing.T) {
	t.Parallel()
	record := func(value []byte) *kgo.Record {
		return &kgo.Record{
			Topic: "tweets.raw", Partition: 3, Offset: 12, Timestamp: time.UnixMilli(1780481730123), Key: []byte("7"), Value: value,
			Headers: []kgo.RecordHeader{{Key: "source", Value: []byte("x")}},
		}
	}
	const start = `{"topic":"tweets.raw","partition":3,"offset":12,"timestamp":"2026-06-03T10:15:30.123Z","key":"7","headers":[{"key":"source","value":"x"}],`
	for value, want := range map[string]string{
		`{"b":1.10,"a":"<é>"}`: `"value":{"b":1.10,"a":"<é>"}}`,
		`{ "a" : 1 }`:          `"value":{ "a" : 1 }}`,
		"null":                 `"value_base64":"bnVsbA=="}`,
		" {}":                  `"value_base64":"IHt9"}`,
		"{\n}":                 `"value_base64":"ewp9"}`,
		"not json":             `"value_base64":"bm90IGpzb24="}`,
		"\"\xff\"":             `"value_base64":"Iv8i"}`,
		"":                     `"value_base64":""}`,
	} {
		if got := string(AppendLine(nil, record([]byte(value)))); got != start+want+"\n" {
			t.Errorf("%q gives\n%s\nwant\n%s%s", value, got, start, want)
		}
	}
	if got := string(AppendLine(nil, record(nil))); got != start+`"value":null}`+"\n" {
		t.Errorf("a deletion gives %s", got)
	}
}

func TestWhatIsNoLineOfTheArchiveIsRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "{}", "[]", `{"topic":"t","timestamp":"now"}`, `{"topic":"t","timestamp":"2026-06-03T10:15:30.123Z","offset":"1"}`,
		`{"topic":"t","partition":-1,"offset":1,"timestamp":"2026-06-03T10:15:30.123Z"}`,
		`{"topic":"t","offset":1,"timestamp":"2026-06-03T10:15:30.123Z","suppressed":true,"value":{}}`,
	} {
		if l, err := ParseLine([]byte(line)); err == nil {
			t.Errorf("%q is taken as %+v", line, l)
		}
	}
}

func TestAStubKeepsThePlaceTheKeyAndTheTimeOfAnObservationAndNothingElse(t *testing.T) {
	t.Parallel()
	r := &kgo.Record{
		Topic: "tweets.raw", Partition: 3, Offset: 12, Timestamp: time.UnixMilli(1780481730123), Key: []byte("7"), Value: []byte(`{"text":"secret"}`),
		Headers: []kgo.RecordHeader{{Key: "matched_rules", Value: []byte("secret")}, {Key: "observed_at", Value: []byte("2026-06-03T10:15:30.1Z")}},
	}
	const want = `{"topic":"tweets.raw","partition":3,"offset":12,"timestamp":"2026-06-03T10:15:30.123Z","key":"7","headers":[{"key":"observed_at","value":"2026-06-03T10:15:30.1Z"}],"suppressed":true}` + "\n"
	stub := AppendStub(nil, r)
	if string(stub) != want {
		t.Errorf("got %s", stub)
	}
	l, err := ParseLine(stub)
	if err != nil || !l.Suppressed || l.Value != nil || l.Offset != 12 || string(l.Key) != "7" {
		t.Errorf("it is read as %+v, %v", l, err)
	}
	if again := AppendStub(nil, l.Record); !bytes.Equal(again, stub) {
		t.Errorf("a stub of a stub is %s", again)
	}
}

// FuzzALineComesBackByteForByte: what goes into the archive comes out again, whatever it is.
func FuzzALineComesBackByteForByte(f *testing.F) {
	f.Add([]byte("1"), []byte(`{"data":{"id":"1"}}`), "source", []byte("x"), true, int64(3))
	f.Add([]byte{0xff}, []byte("\x00\n"), "\u2028", []byte{0xfe}, false, int64(-62167219200001))
	f.Add([]byte{}, []byte("null"), "", []byte{}, true, int64(253402300800000))
	f.Add([]byte{}, []byte("1e999"), "", []byte{}, true, int64(1<<63-1))
	f.Fuzz(func(t *testing.T, key, value []byte, header string, headerValue []byte, keyed bool, ms int64) {
		want := &kgo.Record{
			Topic: "tweets.raw", Partition: 1, Offset: 2, Timestamp: time.UnixMilli(ms).UTC(), Key: key, Value: value,
			Headers: []kgo.RecordHeader{{Key: string(bytes.ToValidUTF8([]byte(header), nil)), Value: headerValue}},
		}
		if !keyed {
			want.Key = nil
		}
		line := AppendLine(nil, want)
		if n := bytes.Count(line, []byte("\n")); n != 1 || line[len(line)-1] != '\n' {
			t.Fatalf("it is not one line: %q", line)
		}
		got, err := ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		got.Timestamp = got.Timestamp.UTC()
		if y := want.Timestamp.Year(); y < 0 || y > 9999 {
			want.Timestamp = writable(want.Timestamp)
		}
		if object := ObjectOf(want, Zstd); HourOf(got.Record) != object.Hour {
			t.Fatalf("its hour is %s, read back %s", object.Hour, HourOf(got.Record))
		} else if named, ok := ParseName(object.Name()); !ok || named != object {
			t.Fatalf("its object's name is %s", object.Name())
		}
		if diff := cmp.Diff(want, got.Record, cmpopts.IgnoreUnexported(kgo.Record{}), cmpopts.EquateComparable(kgo.RecordAttrs{})); diff != "" {
			t.Fatalf("in (-), out (+):\n%s\n%s", diff, line)
		}
	})
}
