package judge

import (
	"testing"
	"unicode/utf8"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{"model":"m","verdicts":[{"id":"1","score":0.5,"label":"positive"},{"id":"2","score":null}]}`,
		`{"model":"m","verdicts":[{"id":"1","score":-1},{"id":"2","score":2}]}`, `{"model":"\u202e","verdicts":[null,null]}`,
		`{"MODEL":"m","verdicts":[{"id":"1"},{"id":"2","score":1e999}]}`,
	} {
		f.Add([]byte(seed))
	}
	asked := []Text{{ID: "1"}, {ID: "2"}}
	f.Fuzz(func(t *testing.T, answer []byte) {
		results, err := decode(answer, asked)
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
			v := r.Answer
			if r.Reason != "" {
				if v != (Verdict{}) {
					t.Errorf("both %+v and the reason %s", v, r.Reason)
				}
				continue
			}
			if !(v.Score >= -1 && v.Score <= 1) || v.Model == "" || utf8.RuneCountInString(v.Model) > 64 {
				t.Errorf("believed %+v", v)
			}
			if v.Label != "neutral" && !(v.Label == "positive" && v.Score >= 0) && !(v.Label == "negative" && v.Score <= 0) {
				t.Errorf("believed %+v", v)
			}
		}
	})
}
