package live

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// applyPatch is the procedure of RFC 7396, section 2, word for word.
func applyPatch(target, patch any) any {
	changes, isObject := patch.(map[string]any)
	if !isObject {
		return patch
	}
	old, wasObject := target.(map[string]any)
	result := map[string]any{}
	if wasObject {
		for name, value := range old {
			result[name] = value
		}
	}
	for name, value := range changes {
		if value == nil {
			delete(result, name)
		} else {
			result[name] = applyPatch(result[name], value)
		}
	}
	return result
}

func TestAMergePatchHoldsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing":         {`{"a":1,"b":{"c":2}}`, `{"a":1,"b":{"c":2}}`, `{}`},
		"a number":        {`{"a":1,"b":2}`, `{"a":3,"b":2}`, `{"a":3}`},
		"deep inside":     {`{"a":{"b":{"c":1,"d":2}}}`, `{"a":{"b":{"c":1,"d":3}}}`, `{"a":{"b":{"d":3}}}`},
		"a new member":    {`{}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		"a member gone":   {`{"a":1,"b":2}`, `{"b":2}`, `{"a":null}`},
		"a list is whole": {`{"a":[1,2,3]}`, `{"a":[1,2,4]}`, `{"a":[1,2,4]}`},
		"another type":    {`{"a":{"b":1}}`, `{"a":7}`, `{"a":7}`},
		"to an object":    {`{"a":7}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to, want := object(t, c.from), object(t, c.to), object(t, c.want)
			got := mergePatch(from, to)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("patch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(to, applyPatch(from, got)); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}
