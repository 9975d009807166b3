package enrich

import (
	"slices"
	"strings"
)

// cut is a range of bytes of a text that its author did not say.
type cut struct{ from, to int }

// without is the text less the cuts, which may overlap and may be in any order. It changes their order.
func without(text string, cuts []cut) string {
	if len(cuts) == 0 {
		return text
	}
	slices.SortFunc(cuts, func(a, b cut) int { return a.from - b.from })
	var s strings.Builder
	s.Grow(len(text))
	at := 0
	for _, c := range cuts {
		if c.from > at {
			s.WriteString(text[at:c.from])
		}
		at = max(at, c.to)
	}
	s.WriteString(text[at:])
	return s.String()
}
