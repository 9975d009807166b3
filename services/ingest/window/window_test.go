package window

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAnIdIsNewOnceUntilItIsForgotten(t *testing.T) {
	t.Parallel()
	w, err := New(3)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		id   string
		want bool
	}{{"1", false}, {"1", true}, {"2", false}, {"3", false}, {"1", true}, {"4", false}, {"1", true}, {"2", false}} {
		if got := w.Seen(c.id); got != c.want {
			t.Errorf("step %d: id %s was seen: %v", i, c.id, got)
		}
	}
}

func TestOfManyCallersOneIsTheFirst(t *testing.T) {
	t.Parallel()
	w, err := New(1000)
	if err != nil {
		t.Fatal(err)
	}
	var first atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 500 {
				if !w.Seen(fmt.Sprint(n)) {
					first.Add(1)
				}
			}
		})
	}
	all.Wait()
	if first.Load() != 500 {
		t.Errorf("%d were the first for 500 ids", first.Load())
	}
}

func TestAWindowOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := New(0); err == nil {
		t.Error("made a window that remembers nothing")
	}
}
