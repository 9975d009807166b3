package refresher

import (
	"context"
	"net"

	"catsvdogs/services/pipeline/broker"
)

// fenced is a broker's configuration whose connections end with the term. Without that what a client holds back for a
// broker that is away, and tries again by itself, would come into the log after the next holder of the lease has read it, and
// so would what the kernel holds back: the client gives nothing up that it has sent once.
func (t term) fenced(c broker.Config) broker.Config {
	dial := c.Network
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	c.Network = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if t.held.Err() != nil {
			return nil, errLeaseLost
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(t.held, func() {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // what was not sent yet is dropped
			}
			_ = conn.Close()
		})
		return &fencedConn{Conn: conn, sure: t.sure, stop: stop}, nil
	}
	return c
}

// fencedConn asks itself before each write: a process that was stopped for longer than a session goes on in the middle of
// anything.
type fencedConn struct {
	net.Conn

	sure func() bool // whether the lease holds
	stop func() bool
}

// Write implements net.Conn.
func (c *fencedConn) Write(b []byte) (int, error) {
	if !c.sure() {
		return 0, errLeaseLost
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *fencedConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
