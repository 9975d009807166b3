// Package window is the memory of which versions of posts have passed, so that a post that comes again, because
// connections overlap or a gap was filled, is dropped. It does not outlive the process: who starts it fills it from the
// tail of tweets.raw.
package window

import (
	"fmt"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Window remembers the ids that were seen last. Safe for concurrent use.
type Window struct{ ids *lru.Cache[string, struct{}] }

// New returns an empty window of size ids, at least 1; each takes about 150 bytes.
func New(size int) (*Window, error) {
	ids, err := lru.New[string, struct{}](size)
	if err != nil {
		return nil, fmt.Errorf("make a window of %d ids: %w", size, err)
	}
	return &Window{ids}, nil
}

// Seen says whether the id has been seen before, and notes it: of two callers with the same id, one is told that it has
// not been. Each edit of a post has an id of its own.
func (w *Window) Seen(id string) bool {
	known, _ := w.ids.ContainsOrAdd(id, struct{}{})
	if known {
		w.ids.Get(id) // what still comes again is what must not be forgotten next
	}
	return known
}
