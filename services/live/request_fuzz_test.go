package live

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzAReaderIsAnAddressOrUnknown: readers are counted by it, so what a header claims must not make a name of any length.
func FuzzAReaderIsAnAddressOrUnknown(f *testing.F) {
	f.Add("192.0.2.7:4711", "198.51.100.1, 203.0.113.5")
	f.Add("[2001:db8::1%eth0]:1", "[2001:db8::1]:80")
	f.Add("", "fe80::1%"+strings.Repeat("x", 1000))
	f.Add("@", "\x00,\xff")
	f.Fuzz(func(t *testing.T, remote, header string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {header}}}
		for _, a := range []addresses{{}, {header: "X-Forwarded-For"}} {
			if of := a.of(r); len(of) > 64 || strings.ContainsAny(of, "%\x00 ") {
				t.Errorf("%q, %q are told apart as %q", remote, header, of)
			}
		}
	})
}

// FuzzADifferenceLeadsFromOneStateToTheOther, by RFC 7396.
func FuzzADifferenceLeadsFromOneStateToTheOther(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":{"c":[1,2],"d":"x"}}`), []byte(`{"b":{"c":[2],"e":{}},"f":1e3}`))
	f.Add([]byte(`{"a":{}}`), []byte(`{"a":7}`))
	f.Add([]byte(`{"a":7}`), []byte(`{"a":{"":{"":""}}}`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		var from, to map[string]any
		if json.Unmarshal(before, &from) != nil || json.Unmarshal(after, &to) != nil || from == nil || to == nil || hasNull(from) || hasNull(to) {
			return
		}
		if got := merged(from, mergePatch(from, to)); !cmp.Equal(got, any(to)) {
			t.Errorf("%s to %s: %v", before, after, got)
		}
	})
}

func hasNull(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case map[string]any:
		for _, inner := range v {
			if hasNull(inner) {
				return true
			}
		}
	}
	return false // lists are replaced as a whole, so they may hold null
}

// merged is MergePatch as RFC 7396, section 2, has it.
func merged(target, patch any) any {
	changes, isObject := patch.(map[string]any)
	if !isObject {
		return patch
	}
	result := map[string]any{}
	if members, ok := target.(map[string]any); ok {
		for name, value := range members {
			result[name] = value
		}
	}
	for name, value := range changes {
		if value == nil {
			delete(result, name)
			continue
		}
		result[name] = merged(result[name], value)
	}
	return result
}
