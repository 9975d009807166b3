package endpoint

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// model is an endpoint without a network, on which a bubble's clock would stand still. delay is how long it takes.
type model struct {
	broken bool
	delay  time.Duration

	mu             sync.Mutex
	requests       int // so far
	inFlight, most int // now, and the most at a time
}

func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	m.count(1)
	defer m.count(-1)
	timer := time.NewTimer(m.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	if m.broken {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		shouting(w, r)
	}
	return w.Result(), nil
}

func (m *model) count(change int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight += change
	m.requests += max(0, change)
	m.most = max(m.most, m.inFlight)
}

func simulated(t *testing.T, m *model, change func(*Config)) *Client {
	t.Helper()
	cfg := usual("https://models.example/shout")
	cfg.Timeout, cfg.InFlight, cfg.BreakerFailures, cfg.BreakerPause = time.Second, 1, 3, 15*time.Second
	change(&cfg)
	c, err := newClient("test_model", cfg, m, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
