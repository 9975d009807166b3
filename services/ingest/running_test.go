package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/xapi"
)

// made is the n-th version of a post that was never on X. The same id is the same post, edited.
func made(id, n int) string {
	first := 1_000_000 + id
	return fmt.Sprintf(`{"data":{"id":"%d","text":"made-up post, look %d","edit_history_tweet_ids":["%d"]},"matching_rules":[{"id":"1","tag":"cats with images"}]}`, first+n*1_000_000, n, first)
}

// xServer speaks as much of the X API as ingest needs, and streams what a test sends.
type xServer struct {
	*httptest.Server
	lines chan string // each goes to the one connection, with a line end
	// refuse is the status of connects; 0 for a stream.
	refuse int
}

func newXServer(t *testing.T) *xServer {
	x := &xServer{lines: make(chan string)}
	mux := http.NewServeMux()
	rules := rulesOf(t, shippedContest)
	mux.HandleFunc("GET /2/tweets/search/stream/rules", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(rules)
	})
	mux.HandleFunc("GET /2/tweets/search/stream", func(w http.ResponseWriter, r *http.Request) {
		if x.refuse != 0 {
			w.WriteHeader(x.refuse)
			return
		}
		send := http.NewResponseController(w)
		_ = send.Flush()
		for {
			select {
			case text := <-x.lines:
				if text == "" {
					return
				}
				_, _ = io.WriteString(w, text+"\r\n")
				_ = send.Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	x.Server = httptest.NewServer(mux)
	t.Cleanup(x.Close)
	return x
}

func (x *xServer) config(b broker.Config, process *telemetry.Process) Config {
	return Config{
		Kafka: b, Telemetry: telemetry.Config{Process: process}, API: xapi.Config{XAPIURL: x.URL, XBearerToken: "made-up-token"},
		StallTimeout: 20 * time.Second, BufferBytes: minBufferBytes,
		Contest: shippedContest,
	}
}

// started is an ingest that runs.
type started struct {
	process *telemetry.Process
	log     *syncBuffer
	cancel  context.CancelFunc
	done    chan struct{}
	err     error
}

func start(t *testing.T, x *xServer, b broker.Config) *started {
	t.Helper()
	s := &started{log: &syncBuffer{}, done: make(chan struct{})}
	s.process = telemetry.NewProcess(slog.New(slog.NewTextHandler(s.log, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.done)
		s.err = Run(ctx, x.config(b, s.process))
	}()
	t.Cleanup(func() { _ = s.stop() })
	return s
}

// stop ends it and returns its error.
func (s *started) stop() error {
	s.cancel()
	<-s.done
	return s.err
}

// eventually waits until what holds, or fails the test.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func (s *started) ready() bool { return len(s.process.Unready()) == 0 }

// metric returns the sum of a metric over its labels.
func (s *started) metric(t testing.TB, name string) (sum float64) {
	t.Helper()
	families, err := s.process.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "catsvdogs_ingest_"+name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *syncBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// rulesOf is X's listing when the contest's rules are set already.
func rulesOf(t *testing.T, file string) []byte {
	t.Helper()
	rules, err := listedRules(file)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func listedRules(file string) ([]byte, error) {
	c, err := contest.Load(file)
	if err != nil {
		return nil, err
	}
	type listed struct {
		ID    string `json:"id"`
		Value string `json:"value"`
		Tag   string `json:"tag"`
	}
	var listing struct {
		Data []listed `json:"data"`
		Meta struct{} `json:"meta"`
	}
	for i, r := range c.StreamRules() {
		listing.Data = append(listing.Data, listed{ID: fmt.Sprint(i + 1), Value: r.Value, Tag: r.Tag})
	}
	return json.Marshal(listing)
}
