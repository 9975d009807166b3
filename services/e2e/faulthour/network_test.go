package faulthour

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// network connects clients and servers within the test: a clock that jumps when all goroutines wait cannot know what is
// on its way through a real socket. Nothing is buffered: what has been written has been read.
type network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	down      map[string]bool // addresses that nobody answers at
}

func newNetwork() *network {
	return &network{listeners: map[string]*listener{}, down: map[string]bool{}}
}

// listen is as net.Listen for addresses of this network.
func (n *network) listen(_, _ string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{
		at:       &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10_000 + len(n.listeners)},
		arriving: make(chan net.Conn), closed: make(chan struct{}), open: map[*conn]bool{},
	}
	n.listeners[l.at.String()] = l
	return l, nil
}

// cut takes a server off the network, with its connections, or lets it back.
func (n *network) cut(addr string, down bool) {
	n.mu.Lock()
	l := n.listeners[addr]
	n.down[addr] = down
	n.mu.Unlock()
	if down {
		l.drop()
	}
}

func (n *network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	l, down := n.listeners[addr], n.down[addr]
	n.mu.Unlock()
	if l == nil || down {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	near, far := net.Pipe()
	select {
	case l.arriving <- l.keep(far):
		return l.keep(near), nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, fmt.Errorf("dial %s: %w", addr, ctx.Err())
	}
}

type listener struct {
	at       *net.TCPAddr
	arriving chan net.Conn
	closing  sync.Once
	closed   chan struct{}

	mu   sync.Mutex
	open map[*conn]bool
}

func (l *listener) keep(c net.Conn) *conn {
	kept := &conn{Conn: c, of: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[kept] = true
	return kept
}

func (l *listener) drop() {
	l.mu.Lock()
	var all []*conn
	for c := range l.open {
		all = append(all, c)
	}
	l.mu.Unlock()
	for _, c := range all {
		_ = c.Close()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arriving:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.at }

// conn is an end of a connection.
type conn struct {
	net.Conn
	of *listener
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

func (c *conn) LocalAddr() net.Addr  { return c.of.at }
func (c *conn) RemoteAddr() net.Addr { return c.of.at }

// wire is the network as one process sees it: it can be killed.
type wire struct {
	*network
	wrote  func(b []byte)
	mu     sync.Mutex
	conns  []net.Conn
	killed bool
}

func (w *wire) dial(ctx context.Context, net_, addr string) (net.Conn, error) {
	c, err := w.network.dial(ctx, net_, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.killed {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	w.conns = append(w.conns, c)
	return &watched{Conn: c, wrote: w.wrote}, nil
}

// watched tells what is written to a connection.
type watched struct {
	net.Conn
	wrote func(b []byte)
}

func (c *watched) Write(b []byte) (int, error) {
	c.wrote(b)
	return c.Conn.Write(b)
}

// kill ends all connections of the process at once and lets it open no others. To everybody else that is a kill -9.
func (w *wire) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.killed = true
	for _, c := range w.conns {
		_ = c.Close()
	}
}
