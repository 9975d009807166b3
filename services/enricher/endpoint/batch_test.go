package endpoint

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuestionsAreSplitByNumberAndByBytes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items, bytes int
		questions    []string
		bodies       []string
		refused      string // reasons, without those of what is asked
	}{
		"nothing":            {2, 100, nil, nil, ""},
		"exactly the number": {2, 100, []string{"a", "b"}, []string{`{"say":["a","b"]}`}, ""},
		"one over it":        {2, 100, []string{"a", "b", "c"}, []string{`{"say":["a","b"]}`, `{"say":["c"]}`}, ""},
		"exactly the bytes":  {9, 17, []string{"a", "b", "c"}, []string{`{"say":["a","b"]}`, `{"say":["c"]}`}, ""},
		"one byte too few":   {9, 16, []string{"a", "b"}, []string{`{"say":["a"]}`, `{"say":["b"]}`}, ""},
		"one alone is over":  {9, 16, []string{"a", "bcdef", "b"}, []string{`{"say":["a"]}`, `{"say":["b"]}`}, "too_large"},
		"one fits exactly":   {9, 16, []string{"abcd"}, []string{`{"say":["abcd"]}`}, ""},
		"gaps are closed":    {2, 100, []string{"", "a", "", "", "b", ""}, []string{`{"say":["a","b"]}`}, "empty empty empty empty"},
		"escapes count":      {9, 16, []string{`""`, `"""`}, []string{`{"say":["\"\""]}`}, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := make([]Result[string], len(c.questions))
			var bodies []string
			for _, b := range split(Config{BatchItems: c.items, BatchBytes: c.bytes}, c.questions, results, shout) {
				bodies = append(bodies, string(b.body))
			}
			if diff := cmp.Diff(c.bodies, bodies); diff != "" {
				t.Error(diff)
			}
			if got := strings.Join(strings.Fields(outcome(results)), " "); got != c.refused {
				t.Errorf("refused %q, want %q", got, c.refused)
			}
		})
	}
}

func TestEachQuestionIsInOneRequestAtItsPlace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		cfg := Config{BatchItems: 1 + random.IntN(5), BatchBytes: 20 + random.IntN(60)}
		questions := make([]string, random.IntN(30))
		for i := range questions {
			questions[i] = strings.Repeat("x", random.IntN(60))
		}
		results := make([]Result[string], len(questions))
		seen := make([]int, len(questions))
		for _, b := range split(cfg, questions, results, shout) {
			var body struct{ Say []string }
			if err := json.Unmarshal(b.body, &body); err != nil {
				t.Fatal(err)
			}
			if len(b.body) > cfg.BatchBytes || len(body.Say) > cfg.BatchItems {
				t.Fatalf("%d questions in %d bytes are over %+v", len(body.Say), len(b.body), cfg)
			}
			for n, place := range b.places {
				seen[place]++
				if body.Say[n] != questions[place] || b.asked[n] != questions[place] {
					t.Fatalf("place %d holds another question", place)
				}
			}
		}
		for i := range questions {
			if asked := results[i].Reason == ""; seen[i] > 1 || asked != (seen[i] == 1) {
				t.Fatalf("question %d is in %d requests, its reason is %q", i, seen[i], results[i].Reason)
			}
		}
	}
}
