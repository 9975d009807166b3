package simulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// slotPatience is how long a new client waits for the place of one that is
	// just leaving: a client that reconnects at once would otherwise be told that
	// it is connected already, which it has to take as a reason to wait a minute.
	slotPatience = 250 * time.Millisecond
	// maxPast bounds the ended connections that are remembered.
	maxPast = 1000
	// killTimeout bounds the wait for a connection that is being ended.
	killTimeout = 2 * time.Second
)

// errKilled is why a connection ends that was deleted through the API.
var errKilled = errors.New("deleted through the connections endpoint")

// connection is one client of the stream, past or present.
type connection struct {
	id, ip string
	at     time.Time

	ctx    context.Context // ends with the connection's right to be
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when its place is free

	// Guarded by connections.mu.
	live   bool // a client is being served
	stuck  *time.Timer
	ended  time.Time
	reason string
}

func (c *connection) active() bool { return c.ended.IsZero() }

// connections lets one stream be open at a time, remembers the past ones, and
// ends what is open when the server stops. Safe for concurrent use.
type connections struct {
	ctx    context.Context // a stream outlives its request: the connection is hijacked
	cancel context.CancelFunc
	slot   chan struct{}
	now    func() time.Time

	mu      sync.Mutex
	all     []*connection // oldest first
	closed  bool
	running sync.WaitGroup
}

func newConnections(now func() time.Time) *connections {
	ctx, cancel := context.WithCancel(context.Background())
	return &connections{ctx: ctx, cancel: cancel, slot: make(chan struct{}, 1), now: now}
}

// open says whether a client is being served.
func (s *connections) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.all, func(c *connection) bool { return c.live })
}

// begin takes the one place, or returns nil. The caller calls leave later, and
// running.Done when nothing of the connection is left.
func (s *connections) begin(ctx context.Context, remote string) *connection {
	if !s.take(ctx, slotPatience) && (!s.leaving() || !s.take(ctx, killTimeout)) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		<-s.slot
		return nil
	}
	ip, _, err := net.SplitHostPort(remote)
	if err != nil {
		ip = remote
	}
	c := &connection{id: newUUID(), ip: ip, at: s.now(), live: true, done: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancelCause(s.ctx)
	if len(s.all) == maxPast {
		s.all = slices.Delete(s.all, 0, 1)
	}
	s.all = append(s.all, c)
	s.running.Add(1)
	return c
}

// take waits for the place.
func (s *connections) take(ctx context.Context, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case s.slot <- struct{}{}:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
}

// leaving says that the client in the place is known to have gone, and only
// its last batch is still being made.
func (s *connections) leaving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.all, func(c *connection) bool { return c.live && c.ctx.Err() != nil })
}

// leave gives the place back, or keeps it for a while as if the client were
// still there. reason is what the history says.
func (s *connections) leave(c *connection, reason string, stuck time.Duration) {
	c.cancel(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.live, c.reason = false, reason
	if stuck > 0 && !s.closed {
		c.stuck = time.AfterFunc(stuck, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.free(c)
		})
		return
	}
	s.free(c)
}

func (s *connections) free(c *connection) {
	if c.active() {
		c.ended = s.now()
		<-s.slot
		close(c.done)
	}
}

// kill ends the active connections that are meant, waits until their places
// are free, and returns them.
func (s *connections) kill(meant func(*connection) bool) []*connection {
	s.mu.Lock()
	var doomed []*connection
	for _, c := range s.all {
		if !c.active() || !meant(c) {
			continue
		}
		doomed = append(doomed, c)
		if c.stuck != nil {
			c.stuck.Stop()
			c.reason = "force_disconnect"
			s.free(c)
		}
		c.cancel(errKilled)
	}
	s.mu.Unlock()
	timeout := time.NewTimer(killTimeout)
	defer timeout.Stop()
	for _, c := range doomed {
		select {
		case <-c.done:
		case <-timeout.C:
			return doomed
		}
	}
	return doomed
}

// past copies the connections, newest first.
func (s *connections) past() []connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]connection, 0, len(s.all))
	for _, c := range slices.Backward(s.all) {
		all = append(all, connection{id: c.id, ip: c.ip, at: c.at, ended: c.ended, reason: c.reason})
	}
	return all
}

// end ends the open stream and waits for it. Bounded by the deadlines on the
// stream's writes.
func (s *connections) end() {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.all {
		if c.stuck != nil {
			c.stuck.Stop()
		}
	}
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
}

// newUUID gives a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, as documented
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
