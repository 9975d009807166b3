package rehearsal

import (
	"context"
	"errors"
	"net"
	"sync"
)

// errAway is what a service hears whose line is cut.
var errAway = errors.New("the line is cut (rehearsal)")

// Line is a service's way to a server: connections that can be cut, and frozen so that nothing moves while everything seems to
// be there. The zero value is open. Use it from any goroutine.
type Line struct {
	// Under opens the connections; nil for TCP.
	Under func(ctx context.Context, network, addr string) (net.Conn, error)

	mu     sync.Mutex
	conns  map[*conn]struct{}
	cut    bool
	hit    func()
	thawed chan struct{} // closed when it is thawed; nil while it is not frozen
}

// Dial opens a connection; it fits broker.Config.Network.
func (l *Line) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l.mu.Lock()
	cut, hit := l.cut, l.hit
	l.mu.Unlock()
	if cut {
		hit()
		return nil, errAway
	}
	open := l.Under
	if open == nil {
		open = new(net.Dialer).DialContext
	}
	plain, err := open(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: plain, line: l, closed: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		_ = plain.Close()
		l.hit()
		return nil, errAway
	}
	if l.conns == nil {
		l.conns = map[*conn]struct{}{}
	}
	l.conns[c] = struct{}{}
	return c, nil
}

// Cut ends all connections and lets none come about until Mend. hit is called for each of either.
func (l *Line) Cut(hit func()) {
	l.mu.Lock()
	l.cut, l.hit = true, hit
	doomed := l.conns
	l.conns = nil
	l.mu.Unlock()
	for c := range doomed {
		hit()
		_ = c.Close()
	}
}

// Mend ends a Cut.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

// Freeze holds every byte back until Thaw. hit is called for each connection that has something to say or to hear.
func (l *Line) Freeze(hit func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thawed == nil {
		l.thawed, l.hit = make(chan struct{}), hit
	}
}

// Thaw ends a Freeze.
func (l *Line) Thaw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.thawed != nil {
		close(l.thawed)
		l.thawed = nil
	}
}

// wait returns when the line is not frozen, or the connection is closed.
func (l *Line) wait(c *conn) {
	l.mu.Lock()
	thawed, hit := l.thawed, l.hit
	l.mu.Unlock()
	if thawed == nil {
		return
	}
	hit()
	select {
	case <-thawed:
	case <-c.closed:
	}
}

type conn struct {
	net.Conn
	line   *Line
	once   sync.Once
	closed chan struct{}
}

func (c *conn) Write(p []byte) (int, error) {
	c.line.wait(c)
	return c.Conn.Write(p)
}

// Read holds back what has arrived, as a process that is stopped finds it only when it goes on.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.line.wait(c)
	return n, err
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.line.mu.Lock()
	delete(c.line.conns, c)
	c.line.mu.Unlock()
	return c.Conn.Close()
}
