// Package broadcast gives the newest state to any number of followers. It keeps no queue for any of them: there is one
// newest frame, a follower takes it when it has time, and one that was away for some frames gets what has changed since,
// encoded once for all that are as far behind. So a slow follower costs nothing and is never further behind than its own
// connection, and an overload does not feed itself with whole states.
package broadcast

import (
	"sync"
	"sync/atomic"
)

// reach is how many frames back a difference leads: four seconds at four frames a second.
const reach = 16

// Frame is one state, encoded once for all followers. It does not change.
type Frame struct {
	// JSON is the whole state.
	JSON []byte

	id       string
	number   uint64        // counts frames of a hub
	replaced chan struct{} // closed when there is a newer one
	whole    message
	changes  [reach]message        // by frames back, less one; the first is the frame's own
	before   [reach]map[string]any // differences that lead here, newest first; nil where a whole state came in between
}

// Replaced is closed when there is a newer frame.
func (f *Frame) Replaced() <-chan struct{} { return f.replaced }

// Snapshot returns the event that tells the whole state.
func (f *Frame) Snapshot() *Message {
	return f.whole.once(func() []byte { return Event(f.id, "snapshot", f.JSON) })
}

// After returns the event that brings a follower from the earlier frame to f: what has changed since, or the whole state
// where that is too long ago.
func (f *Frame) After(earlier *Frame) *Message {
	back := f.number - earlier.number
	if back < 1 || back > reach || f.before[back-1] == nil {
		return f.Snapshot()
	}
	return f.changes[back-1].once(func() []byte {
		patch, err := encode(f.before[:back])
		if err != nil {
			return Event(f.id, "snapshot", f.JSON)
		}
		return Event(f.id, "change", patch)
	})
}

// Hub holds the newest frame and counts followers. It is safe for concurrent use.
type Hub struct {
	limits  Limits
	done    chan struct{}
	once    sync.Once
	refused atomic.Uint64

	mu        sync.Mutex
	followers int
	addresses map[string]int // followers by address
	newest    *Frame
}

// Limits bound the followers.
type Limits struct {
	All     int // at a time
	Address int // of these, from one address; 0 for no bound of its own
}

// New returns a hub with an empty frame. Publish before the first follower.
func New(limits Limits) *Hub {
	return &Hub{
		limits: limits, done: make(chan struct{}), addresses: map[string]int{},
		newest: &Frame{JSON: []byte("{}"), replaced: make(chan struct{})},
	}
}

// Publish makes state, JSON on one line, the newest frame. difference is the merge patch (RFC 7396) that leads to it from
// the one before; without one every follower gets the whole state. It may not be changed afterwards. id names the state in
// the event stream and may not hold a line break. Publish never waits for a follower.
func (h *Hub) Publish(id string, state []byte, difference map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	last := h.newest
	f := &Frame{JSON: state, id: id, number: last.number + 1, replaced: make(chan struct{})}
	if difference != nil {
		f.before[0] = difference
		copy(f.before[1:], last.before[:reach-1])
	}
	h.newest = f
	close(last.replaced)
}

// Limits are those that New was given.
func (h *Hub) Limits() Limits { return h.limits }

// Newest returns the newest frame.
func (h *Hub) Newest() *Frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

// Refusal says why a follower was not let in.
type Refusal string

// Refusals of Join.
const (
	LetIn       Refusal = ""
	Full        Refusal = "full"         // as many follow as may
	AddressFull Refusal = "address_full" // as many follow from this address as may
)

// Join counts a follower from the address in, or says why not. The follower calls leave once when it goes.
func (h *Hub) Join(address string) (leave func(), why Refusal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.followers >= h.limits.All:
		why = Full
	case h.limits.Address > 0 && h.addresses[address] >= h.limits.Address:
		why = AddressFull
	}
	if why != LetIn {
		h.refused.Add(1)
		return nil, why
	}
	h.followers++
	h.addresses[address]++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.followers--
		if h.addresses[address]--; h.addresses[address] == 0 {
			delete(h.addresses, address)
		}
	}, LetIn
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
