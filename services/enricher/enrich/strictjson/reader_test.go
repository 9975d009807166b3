package strictjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// value reads any value into what encoding/json makes of it, numbers as they are written.
func value(r *Reader) any {
	switch r.tokens.PeekKind() {
	case '{':
		m := map[string]any{}
		for in := r.Object(); in && r.Member(); {
			name := string(r.Name())
			m[name] = value(r)
		}
		return m
	case '[':
		list := []any{}
		for in := r.Array(); in && r.Element(); {
			list = append(list, value(r))
		}
		return list
	case '"':
		return r.String()
	case 't', 'f':
		return r.Bool()
	case 'n':
		r.Null()
		return nil
	default:
		return json.Number(r.value())
	}
}

func FuzzInputIsReadAsEncodingJSONDoes(f *testing.F) {
	for _, text := range []string{
		`{"data":{"id":"1","n":[1,-0.5e+10,{}],"n":[]},"é\u0000\ud83d\ude00":"\ud83d\ud83d\ude00\udc00x\/","a":null}`, ` [true, false ,null, "" ] `,
		`{"a" 1}`, `[1,]`, `[01]`, `{"a":1,}`, `"\x"`, "\"\n\"", `1.`, `-`, `1e`, `tru`, `{}{}`, `"\u12g4"`, "\ufeff{}", `"\ud800`, `[1 2]`, `{1:2}`, ``,
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			return
		}
		skipped := NewReader(b)
		skipped.Skip()
		r := NewReader(b)
		got := value(r)
		if valid := json.Valid(b); (skipped.End() == nil) != valid || (r.End() == nil) != valid {
			t.Fatalf("valid %t, read: %v, passed over: %v", valid, r.End(), skipped.End())
		} else if !valid {
			return
		}
		var want any
		decoder := json.NewDecoder(bytes.NewReader(b))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) || r.Mismatch() != nil { // cmp takes minutes for thousands of levels
			t.Fatalf("%v\n got %.2000v\nwant %.2000v", r.Mismatch(), got, want)
		}
	})
}

func TestAnIntegerIsReadInAnySpelling(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`5`: 5, `0`: 0, `123456789012345`: 123456789012345, `1234567890123456`: 1234567890123456, `5.0`: 5, `"5"`: 5, `50e-1`: 5, `0.5E1`: 5, `"5.00"`: 5, `-5`: -5, `-0`: 0, `0e999999999`: 0, `9007199254740991`: 9007199254740991, `9.007199254740991e15`: 9007199254740991,
	} {
		r := NewReader([]byte(text))
		if got, ok := r.Integer(); !ok || got != want || r.End() != nil {
			t.Errorf("%s is read as %d, %t, %v", text, got, ok, r.End())
		}
	}
	for _, text := range []string{
		`5.5`, `"five"`, `""`, `" 5"`, `"0x5"`, `"5_0"`, `"NaN"`, `"Inf"`, `"05"`, `"+5"`, `1e400`, `-1e400`, `9007199254740992`, `99999999999999999999`, `"5e"`, `null`, `true`, `[5]`, `{"n":5}`, `"\u0035 "`,
	} {
		r := NewReader([]byte(text))
		if got, ok := r.Integer(); ok || got != 0 || r.End() != nil || r.Mismatch() != nil {
			t.Errorf("%s is read as %d, %t, %v, %v", text, got, ok, r.End(), r.Mismatch())
		}
	}
}

func TestAnIDIsReadFromDigitsAsWellAsFromAString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`"7a"`: "7a", `7`: "7", `2060000000000000001`: "2060000000000000001", `99999999999999999999999`: "99999999999999999999999", `null`: ""} {
		r := NewReader([]byte(text))
		if got := r.ID(); got != want || r.End() != nil || r.Mismatch() != nil {
			t.Errorf("%s is read as %q, %v, %v", text, got, r.End(), r.Mismatch())
		}
	}
	for _, text := range []string{`7.0`, `-7`, `7e1`, `[7]`, `true`} {
		r := NewReader([]byte(text))
		if got := r.ID(); got != "" || r.End() != nil || r.Mismatch() == nil {
			t.Errorf("%s is read as %q, %v, %v", text, got, r.End(), r.Mismatch())
		}
	}
}

func TestAValueOfAnotherTypeIsToldAndCostsNothingElse(t *testing.T) {
	t.Parallel()
	r := NewReader([]byte(`{"a":{"b":[1,"x"]},"c":7,"d":"text","e":null}`))
	read := map[string]string{}
	for in := r.Object(); in && r.Member(); {
		name := string(r.Name())
		read[name] = r.String()
	}
	if diff := cmp.Diff(map[string]string{"a": "", "c": "", "d": "text", "e": ""}, read); diff != "" {
		t.Error(diff)
	}
	if r.End() != nil || r.Mismatch() == nil || !strings.Contains(r.Mismatch().Error(), "byte 5") {
		t.Errorf("%v, %v", r.End(), r.Mismatch())
	}
	for text, read := range map[string]func(*Reader){
		`[]`: func(r *Reader) { r.Object() }, `{}`: func(r *Reader) { r.Array() }, `0`: func(r *Reader) { r.Bool() }, `true`: func(r *Reader) { _ = r.String() },
	} {
		r := NewReader([]byte(text))
		if read(r); r.End() != nil || r.Mismatch() == nil {
			t.Errorf("%s: %v, %v", text, r.End(), r.Mismatch())
		}
	}
}

func TestAnErrorIsShortHoweverLongTheNamesAre(t *testing.T) {
	t.Parallel()
	name := `{"` + strings.Repeat("x", 100_000) + `":`
	for _, text := range []string{name + name + `nul}}`, name + `"` + strings.Repeat(`\x`, 1000), name + strings.Repeat("[", 20_000)} {
		r := NewReader([]byte(text))
		for in := r.Object(); in && r.Member(); {
			r.Skip()
		}
		if err := r.End(); err == nil || len(err.Error()) > 200 || !strings.Contains(err.Error(), "not JSON at byte ") {
			t.Errorf("%.300v", err)
		}
	}
}
