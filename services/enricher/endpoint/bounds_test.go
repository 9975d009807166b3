package endpoint

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAskReturnsWhenTheTimeoutIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &model{delay: 400 * time.Millisecond}
		c := simulated(t, m, func(cfg *Config) { cfg.BatchItems = 1 })
		start := time.Now()
		got := outcome(Ask(t.Context(), c, slices.Repeat([]string{"cat"}, 50), shout))
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v, want 1s", took)
		}
		if want := "CAT CAT " + strings.TrimSpace(strings.Repeat("timeout ", 48)); got != want {
			t.Errorf("got %q, want two answers and timeouts", got)
		}
		if m.requests != 3 {
			t.Errorf("%d requests, want 3: nothing is sent after the end", m.requests)
		}
	})
}

func TestNoMoreRequestsAreInFlightThanAllowedWhoeverAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &model{delay: 100 * time.Millisecond}
		c := simulated(t, m, func(cfg *Config) { cfg.InFlight, cfg.BatchItems = 3, 1 })
		var callers sync.WaitGroup
		start := time.Now()
		for range 4 {
			callers.Go(func() {
				for _, r := range Ask(t.Context(), c, slices.Repeat([]string{"cat"}, 6), shout) {
					if r.Answer != "CAT" {
						t.Errorf("got %+v", r)
					}
				}
			})
		}
		callers.Wait()
		if m.requests != 24 || m.most != 3 {
			t.Errorf("%d requests, at most %d at a time, want 24 and 3", m.requests, m.most)
		}
		if took := time.Since(start); took != 800*time.Millisecond {
			t.Errorf("it took %v, want 800ms: no place may stay empty", took)
		}
	})
}
