// Package broadcast gives the newest state to any number of followers. It keeps no queue for any of them: there is one
// newest frame, a follower takes it when it has time, and one that was away for several frames gets the whole state
// instead of a difference. So a slow follower costs nothing and is never further behind than its own connection.
package broadcast

import (
	"bytes"
	"sync"
	"sync/atomic"
)

// Frame is one state, encoded once for all followers. It does not change.
type Frame struct {
	// JSON is the whole state.
	JSON []byte

	snapshot, change []byte
	number           uint64        // counts frames of a hub
	replaced         chan struct{} // closed when there is a newer one
}

// Replaced is closed when there is a newer frame.
func (f *Frame) Replaced() <-chan struct{} { return f.replaced }

// Snapshot returns the event that tells the whole state, as it stands in the stream. It is not to be written to.
func (f *Frame) Snapshot() []byte { return f.snapshot }

// After returns the event that brings a follower from the earlier frame to f: the difference when f came right after
// it, otherwise the whole state. It is not to be written to.
func (f *Frame) After(earlier *Frame) []byte {
	if f.change != nil && f.number == earlier.number+1 {
		return f.change
	}
	return f.snapshot
}

// Hub holds the newest frame and counts followers. It is safe for concurrent use.
type Hub struct {
	limit   int
	done    chan struct{}
	once    sync.Once
	refused atomic.Uint64

	mu        sync.Mutex
	followers int
	newest    *Frame
}

// New returns a hub for at most limit followers at a time, with an empty frame. Publish before the first follower.
func New(limit int) *Hub {
	return &Hub{limit: limit, done: make(chan struct{}), newest: newFrame(0, "", []byte("{}"), nil)}
}

func newFrame(number uint64, id string, state, difference []byte) *Frame {
	f := &Frame{JSON: state, number: number, replaced: make(chan struct{}), snapshot: Event(id, "snapshot", state)}
	if difference != nil {
		f.change = Event(id, "change", difference)
	}
	return f
}

// Event encodes an event of a stream of server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html). None of the three may hold a line break, which JSON
// on one line does not; without an id the one that a reader has stays.
func Event(id, name string, data []byte) []byte {
	var b bytes.Buffer
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("event: " + name + "\ndata: ")
	b.Write(data)
	b.WriteString("\n\n")
	return b.Bytes()
}

// Publish makes state the newest frame. difference leads to it from the one before; without one every follower gets
// the whole state. id names the state in the event stream. See Event for what they may hold. It never waits for a
// follower.
func (h *Hub) Publish(id string, state, difference []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.newest
	h.newest = newFrame(before.number+1, id, state, difference)
	close(before.replaced)
}

// Newest returns the newest frame.
func (h *Hub) Newest() *Frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

// Join counts a follower in, and says false when there are as many as may be. The follower calls leave once when it
// goes.
func (h *Hub) Join() (leave func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.followers >= h.limit {
		h.refused.Add(1)
		return nil, false
	}
	h.followers++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.followers--
	}, true
}

// Followers is how many there are.
func (h *Hub) Followers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.followers
}

// Refused is how many were not let in so far.
func (h *Hub) Refused() uint64 { return h.refused.Load() }

// Close asks the followers to go. It may be called again.
func (h *Hub) Close() { h.once.Do(func() { close(h.done) }) }

// Closed is closed by Close.
func (h *Hub) Closed() <-chan struct{} { return h.done }
