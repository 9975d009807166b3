package ingest

import (
	"context"
	"net"
	"time"
)

const dialTimeout = 5 * time.Second

// dialUntil returns a dial function whose connections are closed when abort ends. The Kafka client sends each batch
// with a deadline of its own that no context can shorten; closing the connection is what ends it.
func dialUntil(abort context.Context) func(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(abort, cancel)()
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return abortable{conn, context.AfterFunc(abort, func() { _ = conn.Close() })}, nil
	}
}

// abortable forgets about the abort when it is closed, so that connections do not add up behind one context.
type abortable struct {
	net.Conn
	forget func() bool
}

// Close closes the connection.
func (c abortable) Close() error {
	c.forget()
	return c.Conn.Close()
}
