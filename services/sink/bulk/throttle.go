package bulk

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// throttle lets as many requests through as the window allows, and moves the window by how they go. Use it from any
// goroutine.
type throttle struct {
	metrics *Metrics

	mu       sync.Mutex
	window   window
	underWay int
	freed    chan struct{} // closed, and made anew, when a request has ended
}

// permit is the right to make one request.
type permit struct {
	bytes   int // it should have at most
	sentAt  time.Time
	crowded bool
}

func newThrottle(b Bounds, m *Metrics) *throttle {
	t := &throttle{metrics: m, window: newWindow(b), freed: make(chan struct{})}
	t.show()
	return t
}

// acquire waits for a permit. An error tells that ctx has ended before; otherwise release is to be called.
func (t *throttle) acquire(ctx context.Context) (permit, error) {
	for {
		t.mu.Lock()
		if t.underWay < t.window.concurrency {
			t.underWay++
			p := permit{bytes: t.window.bytes, sentAt: time.Now(), crowded: t.underWay == t.window.concurrency}
			t.mu.Unlock()
			return p, nil
		}
		freed := t.freed
		t.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return permit{}, fmt.Errorf("wait for a bulk request's turn: %w", context.Cause(ctx))
		}
	}
}

// release says how the request of a permit, of this many bytes, went.
func (t *throttle) release(p permit, bytes int, why trouble) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underWay--
	var shrunk trouble
	t.window, shrunk = t.window.after(observation{
		sentAt: p.sentAt, took: now.Sub(p.sentAt), bytes: bytes, crowded: p.crowded, trouble: why,
	}, now)
	if shrunk != "" {
		t.metrics.shrinks.WithLabelValues(string(shrunk)).Inc()
	}
	t.show()
	close(t.freed)
	t.freed = make(chan struct{})
}

// allowed returns the present size of a request in bytes and how many may be under way.
func (t *throttle) allowed() (bytes, concurrency int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.window.bytes, t.window.concurrency
}

func (t *throttle) show() {
	t.metrics.bytes.Set(float64(t.window.bytes))
	t.metrics.concurrency.Set(float64(t.window.concurrency))
}
