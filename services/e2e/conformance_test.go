//go:build unix

package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// question is something that is asked of a real server and of the embedded one that stands in for it. The answer is
// reduced to what a client decides by: statuses, names of errors, values.
type question[S any] struct {
	asks string
	ask  func(t *testing.T, server S) []string
	want []string // what the real server answers
}

// difference is an answer of an embedded server that is known not to be the real one's.
type difference struct {
	answer []string
	why    string
}

// conform asks every question. differences are those of an embedded server, by what is asked; a real one has none. A
// difference that has disappeared fails the test, so that the table stays true.
func conform[S any](t *testing.T, server S, questions []question[S], differences map[string]difference) {
	t.Helper()
	asked := map[string]bool{}
	for _, q := range questions {
		if asked[q.asks] {
			t.Errorf("%q is asked twice", q.asks)
		}
		asked[q.asks] = true
		t.Run(q.asks, func(t *testing.T) {
			want, known := q.want, false
			if d, ok := differences[q.asks]; ok {
				want, known = d.answer, true
				if d.why == "" || cmp.Equal(d.answer, q.want) {
					t.Error("a known difference needs a reason, and to be one")
				}
			}
			got := q.ask(t, server)
			if known && cmp.Equal(got, q.want) {
				t.Error("the known difference has disappeared: take it out of the table")
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("wanted (-) and got (+):\n%s", diff)
			}
		})
	}
	for asks := range differences {
		if !asked[asks] {
			t.Errorf("a difference is known for %q, which nobody asks", asks)
		}
	}
}
