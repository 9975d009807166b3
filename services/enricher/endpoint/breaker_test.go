package endpoint

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestTheBreakerOpensAfterFailuresInARowAndClosesAfterASuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &model{broken: true}
		c := simulated(t, m, func(*Config) {})
		expect := func(requests int, want string, open float64) {
			t.Helper()
			if got := outcome(Ask(t.Context(), c, []string{"cat"}, shout)); got != want || m.requests != requests {
				t.Errorf("got %q after %d requests, want %q after %d", got, m.requests, want, requests)
			}
			if got := testutil.ToFloat64(c.metrics.open); got != open {
				t.Errorf("the metric says %v, want %v", got, open)
			}
		}
		expect(1, "http_503", 0)
		expect(2, "http_503", 0)
		m.broken = false
		expect(3, "CAT", 0) // only failures in a row count
		m.broken = true
		expect(4, "http_503", 0)
		expect(5, "http_503", 0)
		expect(6, "http_503", 1)
		expect(6, ReasonBreakerOpen, 1)
		time.Sleep(14 * time.Second)
		expect(6, ReasonBreakerOpen, 1)
		time.Sleep(2 * time.Second)
		expect(7, "http_503", 1) // one try, and shut again
		expect(7, ReasonBreakerOpen, 1)
		time.Sleep(16 * time.Second)
		m.broken = false
		expect(8, "CAT", 0)
		expect(9, "CAT", 0)
	})
}

func TestTheBreakerOpensInTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &model{broken: true}
		c := simulated(t, m, func(cfg *Config) { cfg.BatchItems = 1 })
		got := outcome(Ask(t.Context(), c, []string{"a", "b", "c", "d", "e"}, shout))
		if want := "http_503 http_503 http_503 breaker_open breaker_open"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A slow endpoint that answers as much as it can is worth more than none, but the stream must not go at its pace.
func TestARequestThatWasSentLateIsNotHeldAgainstTheEndpointButItGetsARest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &model{delay: 700 * time.Millisecond}
		c := simulated(t, m, func(cfg *Config) { cfg.BatchItems, cfg.BreakerFailures = 1, 1 })
		for range 5 {
			if got := outcome(Ask(t.Context(), c, []string{"a", "b"}, shout)); got != "A timeout" {
				t.Fatalf("got %q", got)
			}
			if got := outcome(Ask(t.Context(), c, []string{"a", "b"}, shout)); got != "overloaded overloaded" {
				t.Fatalf("right after it: %q", got)
			}
			time.Sleep(restTimeouts * c.cfg.Timeout)
		}
		m.delay = time.Hour
		if got := outcome(Ask(t.Context(), c, []string{"a"}, shout)); got != ReasonTimeout {
			t.Errorf("got %q", got)
		}
		if got := outcome(Ask(t.Context(), c, []string{"a"}, shout)); got != ReasonBreakerOpen {
			t.Errorf("got %q: a request that had all the time does count", got)
		}
	})
}

func TestARequestThatWasSentLateAndRefusedInTimeIsHeldAgainstTheEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &model{broken: true, delay: 100 * time.Millisecond}
		c := simulated(t, m, func(cfg *Config) { cfg.BreakerFailures = 1 })
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if got := outcome(Ask(ctx, c, []string{"a"}, shout)); got != "http_503" {
			t.Errorf("got %q", got)
		}
		if got := outcome(Ask(t.Context(), c, []string{"a"}, shout)); got != ReasonBreakerOpen {
			t.Errorf("got %q", got)
		}
	})
}
