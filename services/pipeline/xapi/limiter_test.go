package xapi

import (
	"testing"
	"time"
)

func TestRequestsAfterTheFirstAreSpreadOverTheWindow(t *testing.T) {
	t.Parallel()
	const limit, burst = 450, 60
	l := NewLimiter(limit, burst)
	began := time.Unix(0, 0)
	now := began
	for n := range 2 * limit {
		wait := l.Wait(now)
		if (wait > 0) != (n >= burst) {
			t.Fatalf("request %d waits %s", n, wait)
		}
		now = now.Add(wait)
		l.Sent(now)
	}
	if took := now.Sub(began); took < LimitWindow || took > 3*LimitWindow {
		t.Errorf("%d requests took %s", 2*limit, took)
	}
}
