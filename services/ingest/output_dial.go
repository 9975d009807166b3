package ingest

import (
	"context"
	"net"
	"time"
)

// dialTimeout bounds what comes before the first request: the connection, TLS and the login.
const dialTimeout = 5 * time.Second

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialUntil returns dial with connections that are closed when abort ends. The Kafka client sends each batch with a
// deadline of its own that no context can shorten; closing the connection is what ends it.
func dialUntil(abort context.Context, dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(abort, cancel)()
		conn, err := dial(ctx, network, addr)
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
