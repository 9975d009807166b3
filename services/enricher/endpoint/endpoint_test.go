package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// shout is an exchange for tests: the model answers a text in capitals.
var shout = Exchange[string, string]{
	Head: `{"say":[`, Tail: `]}`,
	Item: func(q string) (any, string) {
		if q == "" {
			return nil, "empty"
		}
		return q, ""
	},
	Decode: func(answer []byte, asked []string) ([]Result[string], error) {
		var said []string
		if err := json.Unmarshal(answer, &said); err != nil {
			return nil, err
		}
		results := make([]Result[string], len(said))
		for i := range said {
			if i < len(asked) && said[i] != strings.ToUpper(asked[i]) {
				return nil, errors.New("that is the answer to another question")
			}
			results[i].Answer = said[i]
		}
		return results, nil
	},
}

// shouting is the model's side of it.
func shouting(w http.ResponseWriter, r *http.Request) {
	var body struct{ Say []string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for i := range body.Say {
		body.Say[i] = strings.ToUpper(body.Say[i])
	}
	_ = json.NewEncoder(w).Encode(body.Say)
}

// usual is a configuration as the defaults have it, but for a timeout that no busy machine reaches.
func usual(url string) Config {
	return Config{URL: url, Timeout: 10 * time.Second, BatchItems: 64, BatchBytes: 256 << 10, InFlight: 4, BreakerFailures: 5, BreakerPause: time.Minute}
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// newTestClient sets up a client and returns it with what it logs.
func newTestClient(t *testing.T, cfg Config) (*Client, *lockedBuffer) {
	t.Helper()
	logged := &lockedBuffer{}
	c, err := New("test_model", cfg, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c, logged
}

// lockedBuffer is a buffer for a logger that goroutines share with a test.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// outcome is the reason that all results share, or the answers.
func outcome(results []Result[string]) string {
	var all []string
	for _, r := range results {
		if r.Reason != "" && r.Answer != "" {
			return "both an answer and a reason"
		}
		all = append(all, r.Answer+r.Reason)
	}
	return strings.Join(all, " ")
}

func drain(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
