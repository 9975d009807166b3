package xstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/tweet"
)

const testToken = "AAAAsecret%2Ftoken"

// scriptedX is a server that does what a test tells it, on a network in memory, so that it runs on the clock of a
// synctest bubble. Call it from within one.
type scriptedX struct {
	t         *testing.T
	server    *http.Server
	answering sync.WaitGroup
	incoming  chan net.Conn
	closed    chan struct{}

	// stream answers the n-th connect, counted from 0.
	stream func(n int, w http.ResponseWriter, r *http.Request)
	// rules answers requests about rules; nil for an account that works.
	rules http.HandlerFunc
	// others answers requests that are about neither the stream nor its rules; nil for a server that knows none.
	others http.HandlerFunc

	// ahead is how far its clock is ahead of this host's.
	ahead time.Duration
	// sameInParentheses: a rule in parentheses is the same as without.
	sameInParentheses bool

	mu       sync.Mutex
	account  []Rule
	connects []time.Time
	bodies   []string // of requests that change rules
	dialErr  error
}

func newScriptedX(t *testing.T, stream func(int, http.ResponseWriter, *http.Request)) *scriptedX {
	x := &scriptedX{t: t, stream: stream, incoming: make(chan net.Conn), closed: make(chan struct{})}
	x.server = &http.Server{Handler: x, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = x.server.Serve(x) })
	t.Cleanup(func() {
		_ = x.server.Close()
		serving.Wait()
		x.answering.Wait() // a bubble must not end before all that is in it
	})
	return x
}

func (x *scriptedX) Accept() (net.Conn, error) {
	select {
	case c := <-x.incoming:
		return c, nil
	case <-x.closed:
		return nil, net.ErrClosed
	}
}
func (x *scriptedX) Close() error   { close(x.closed); return nil }
func (x *scriptedX) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (x *scriptedX) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	x.mu.Lock()
	dialErr := x.dialErr
	x.mu.Unlock()
	if dialErr != nil {
		x.connected()
		return nil, dialErr
	}
	client, server := net.Pipe()
	select {
	case x.incoming <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (x *scriptedX) connected() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.connects = append(x.connects, time.Now())
	return len(x.connects) - 1
}

func (x *scriptedX) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.answering.Add(1)
	defer x.answering.Done()
	w.Header().Set("Date", x.now().UTC().Format(http.TimeFormat))
	switch {
	case r.URL.Path == streamPath:
		x.stream(x.connected(), w, r)
	case r.URL.Path != rulesPath && x.others != nil:
		x.others(w, r)
	case r.URL.Path != rulesPath:
		w.WriteHeader(http.StatusNotFound)
	case x.rules != nil:
		x.rules(w, r)
	default:
		x.serveRules(w, r)
	}
}

// serveRules keeps rules as X does: a duplicate keeps its old tag.
func (x *scriptedX) serveRules(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodGet {
		answer(w, 200, map[string]any{"data": x.account, "meta": map[string]any{"sent": "now", "result_count": len(x.account)}})
		return
	}
	x.bodies = append(x.bodies, string(body))
	var request struct {
		Add    []Rule
		Delete struct{ IDs []string }
	}
	if err := json.Unmarshal(body, &request); err != nil {
		x.t.Errorf("the request is no JSON: %v: %s", err, body)
	}
	var problems []map[string]any
	var created int
	var added []Rule
	for _, rule := range request.Add {
		if i := slices.IndexFunc(x.account, func(have Rule) bool {
			return have.Value == rule.Value || x.sameInParentheses && "("+have.Value+")" == rule.Value
		}); i >= 0 {
			problems = append(problems, map[string]any{"value": rule.Value, "id": x.account[i].ID, "title": "DuplicateRule", "type": "https://api.twitter.com/2/problems/duplicate-rules"})
			continue
		}
		created++
		rule.ID = fmt.Sprint(1000 + len(x.bodies)*10 + created)
		x.account = append(x.account, rule)
		added = append(added, rule)
	}
	x.account = slices.DeleteFunc(x.account, func(have Rule) bool { return slices.Contains(request.Delete.IDs, have.ID) })
	answer(w, 201, map[string]any{"data": added, "meta": map[string]any{"sent": "now", "summary": map[string]any{"created": created}}, "errors": problems})
}

func answer(w http.ResponseWriter, status int, body any) {
	b, _ := json.Marshal(body)
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// refuse answers every connect alike.
func refuse(status int, body string, header ...string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func send(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	w.(http.Flusher).Flush()
}

// hold keeps the connection open and silent until the client goes.
func hold(_ int, w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(200)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// reading is a Stream that runs.
type reading struct {
	stream   *Stream
	registry *prometheus.Registry
	log      *lockedBuffer
	stop     func() error // ends it and returns what Run returned
	done     chan struct{}

	mu      sync.Mutex
	records []tweet.Raw
}

func (r *reading) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, rec := range r.records {
		out = append(out, string(rec.Value))
	}
	return out
}

// read runs a Stream against x with no chance in its waits. onLine may be nil.
func read(t *testing.T, x *scriptedX, onLine func(), change ...func(*Options)) *reading {
	t.Helper()
	base, err := url.Parse("http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	r := &reading{registry: prometheus.NewRegistry(), log: &lockedBuffer{}, done: make(chan struct{})}
	o := Options{
		URL: base, Token: testToken, Rules: []Rule{{Value: "#cat has:images", Tag: "cats with images"}}, StallTimeout: 20 * time.Second,
		Logger: slog.New(slog.NewTextHandler(r.log, nil)), Registerer: r.registry, Dial: x.dial,
	}
	for _, c := range change {
		c(&o)
	}
	r.stream = New(o)
	r.stream.backoff.random = func() float64 { return 0 }
	r.stream.filler.backoff.random = func() float64 { return 0 }
	ctx, cancel := context.WithCancel(t.Context())
	var result error
	go func() {
		defer close(r.done)
		result = r.stream.Run(ctx, func(_ context.Context, rec tweet.Raw) {
			if onLine != nil {
				onLine()
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.records = append(r.records, rec)
		})
	}()
	r.stop = func() error {
		cancel()
		<-r.done
		return result
	}
	t.Cleanup(func() { _ = r.stop() })
	return r
}

// after lets the bubble's clock run for d and then lets everything come to rest.
func after(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var errNoRoute = errors.New("no route to host")
