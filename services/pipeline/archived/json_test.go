package archived

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzStandsAloneAgreesWithEncodingJSON: what stands alone is what encoding/json calls valid, without control characters
// and without white space around it.
func FuzzStandsAloneAgreesWithEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"\u00e9\n\"\\",{}],"b": [ ] }`, `""`, `0`, `-`, `01`, `1.`, `1e`, `.5`, `"\x"`, `"\u12g4"`, "\"\\u\x11234\"",
		"\"\x1f\"", "\"\x7f\"", `{"a":1,}`, `[1 2]`, `{"a" 1}`, `nul`, `null`, "[\n]", " 1", "1 ", "\"\xff\"", `"ends`, `"12345678"`, `"1234567\"`, "[\t1]", "[ 1 , 2 ]", `{ "a" : [ ] , "b" : { } }`, `{"a":{"b":[[]]}}`, `[}`, `{]`, `[,]`, `{,}`, `[1,]`, `{"a":1 "b":2}`, `[[],]`, `{"a":[]"b":1}`, `1 1`, `[] []`,
		"\"abcdef\x80\"", strings.Repeat("[", 600) + strings.Repeat("]", 600),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		hasControl := bytes.ContainsFunc(v, func(r rune) bool { return r < ' ' })
		want := json.Valid(v) && utf8.Valid(v) && len(bytes.TrimSpace(v)) == len(v) && !hasControl && !bytes.Equal(v, []byte("null"))
		got := standsAlone(v)
		if got && !want || want && !got && nesting(v) <= maxDepth {
			t.Errorf("%q: %t, want %t", v, got, want)
		}
	})
}

// nesting is at least how deep v is nested.
func nesting(v []byte) int { return bytes.Count(v, []byte("[")) + bytes.Count(v, []byte("{")) }

func TestAValueThatIsNestedTooDeepForAReaderStandsAsBase64(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]bool{maxDepth: true, maxDepth + 1: false, 9_999: false, 10_000: false} {
		if got := standsAlone([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))); got != want {
			t.Errorf("depth %d: %t", depth, got)
		}
	}
}

func BenchmarkStandsAlone(b *testing.B) {
	value := []byte(`{"data":{"id":"1780481730123","text":"` + strings.Repeat("a line about cats ", 10) + `","public_metrics":{"retweet_count":12,"reply_count":0}}}`)
	b.SetBytes(int64(len(value)))
	for b.Loop() {
		if !standsAlone(value) {
			b.Fatal("refused")
		}
	}
}
