package traceparent

import (
	"regexp"
	"strings"
	"testing"
)

var valid = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`)

func TestEachTraceparentIsValidAndNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for m := New(); len(seen) < 1000; {
		next := m.Next()
		if !valid.MatchString(next) || seen[next] || strings.Contains(next, strings.Repeat("0", 16)) {
			t.Fatalf("traceparent %q, seen before: %v", next, seen[next])
		}
		seen[next] = true
	}
}
