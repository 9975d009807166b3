package vision

import (
	"testing"
	"unicode/utf8"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{"model":"m","answers":[{"id":"1","confidence":{"cats":0.5,"dogs":1}},{"id":"2","confidence":null}]}`,
		`{"model":"m","answers":[{"id":"1","confidence":{"cats":-1,"dogs":1}},{"id":"2","confidence":{"cats":null}}]}`,
		`{"model":"\u202e","answers":[null,null]}`, `{"model":"m","answers":[{"id":"1"},{"id":"2","confidence":{"cats":1e999}}]}`,
	} {
		f.Add([]byte(seed))
	}
	asked := []Post{{ID: "1"}, {ID: "2"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		results, err := decode(body, labels, asked)
		if err != nil {
			if results != nil {
				t.Error("both results and an error")
			}
			return
		}
		if len(results) != len(asked) {
			t.Fatalf("%d results", len(results))
		}
		for _, r := range results {
			a := r.Answer
			if r.Reason != "" {
				if a.Confidence != nil || a.Model != "" {
					t.Errorf("both %+v and the reason %s", a, r.Reason)
				}
				continue
			}
			if len(a.Confidence) != len(labels) || a.Model == "" || utf8.RuneCountInString(a.Model) > 64 {
				t.Errorf("believed %+v", a)
			}
			for _, l := range labels {
				if c, ok := a.Confidence[l.ID]; !ok || !(c >= 0 && c <= 1) {
					t.Errorf("believed %+v", a)
				}
			}
		}
	})
}
