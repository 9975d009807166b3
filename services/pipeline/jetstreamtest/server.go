// Package jetstreamtest gives tests a Jetstream host: the real protocol, replay from a cursor included, and the faults
// that a test asks for. Everything it sends is made up.
package jetstreamtest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Log is what a network of hosts has to send, in order. Safe for concurrent use.
type Log struct {
	mu     sync.Mutex
	events []Event
	grown  chan struct{} // closed when there is more
}

// Event is a frame and the time that a cursor is compared with.
type Event struct {
	TimeUS int64
	Frame  string
}

// NewLog returns a log of events.
func NewLog(events ...Event) *Log { return &Log{events: events, grown: make(chan struct{})} }

// Add appends events; connected readers get them.
func (l *Log) Add(events ...Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, events...)
	close(l.grown)
	l.grown = make(chan struct{})
}

func (l *Log) from(n int) ([]Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[min(n, len(l.events)):], l.grown
}

// Fault is what a host does instead of sending the next event.
type Fault func(ctx context.Context, c *websocket.Conn) (end bool)

// Faults that a host can have.
var (
	// Drop cuts the connection.
	Drop Fault = func(_ context.Context, c *websocket.Conn) bool { _ = c.CloseNow(); return true }
	// Leave ends the stream in order.
	Leave Fault = func(_ context.Context, c *websocket.Conn) bool {
		_ = c.Close(websocket.StatusGoingAway, "see you")
		return true
	}
	// Stall keeps the connection open, answers pings and sends nothing.
	Stall Fault = func(ctx context.Context, c *websocket.Conn) bool { <-c.CloseRead(ctx).Done(); return true }
)

// Say sends a frame that is not in the log.
func Say(kind websocket.MessageType, frame []byte) Fault {
	return func(ctx context.Context, c *websocket.Conn) bool { return c.Write(ctx, kind, frame) != nil }
}

// Host is one server. Its script is asked before each event, with the number of the connection and that of the event on
// it, both from 0; nil is no fault.
type Host struct {
	URL *url.URL

	log    *Log
	script func(connection, event int) Fault
	refuse func(connection int) (status int) // 0 to accept

	mu      sync.Mutex
	queries []url.Values
	placed  int
}

// Start returns a host that lives as long as the test. script and refuse may be nil.
func Start(t testing.TB, log *Log, script func(connection, event int) Fault, refuse func(connection int) int) *Host {
	t.Helper()
	h := &Host{log: log, script: script, refuse: refuse}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	h.URL = u
	h.URL.Scheme, h.URL.Path = "ws", "/subscribe"
	return h
}

// Queries are those of all connects so far, refused ones included.
func (h *Host) Queries() []url.Values {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]url.Values(nil), h.queries...)
}

// Placed is how many connections have got their place in the log, so that whatever is added now comes to them.
func (h *Host) Placed() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.placed
}

// ServeHTTP serves the stream.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	connection := len(h.queries)
	h.queries = append(h.queries, r.URL.Query())
	h.mu.Unlock()
	if h.refuse != nil {
		if status := h.refuse(connection); status != 0 {
			http.Error(w, "not now", status)
			return
		}
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = c.CloseNow() }()
	h.send(c.CloseRead(r.Context()), c, connection, r.URL.Query().Get("cursor"))
}

func (h *Host) send(ctx context.Context, c *websocket.Conn, connection int, cursor string) {
	from, err := strconv.ParseInt(cursor, 10, 64)
	next := 0
	if err != nil { // the present
		past, _ := h.log.from(0)
		next = len(past)
	}
	h.mu.Lock()
	h.placed++
	h.mu.Unlock()
	for sent := 0; ; {
		events, grown := h.log.from(next)
		for _, e := range events {
			next++
			if e.TimeUS < from {
				continue
			}
			if h.script != nil {
				if fault := h.script(connection, sent); fault != nil && fault(ctx, c) {
					return
				}
			}
			if c.Write(ctx, websocket.MessageText, []byte(e.Frame)) != nil {
				return
			}
			sent++
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return
		}
	}
}
