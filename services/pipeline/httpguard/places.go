package httpguard

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// places are those of the connections that are open. It is safe for concurrent use.
type places struct {
	mu      sync.Mutex
	limit   int
	taken   map[net.Conn]*place
	waiting *list.List // of those that are served no request; who has waited longest first
}

// place is one connection's.
type place struct {
	of       *places
	conn     net.Conn
	requests int           // that are being served; over HTTP/2 several
	waits    *list.Element // nil while there are any
}

func newPlaces(limit int) *places {
	return &places{limit: limit, taken: map[net.Conn]*place{}, waiting: list.New()}
}

type placeKey struct{}

// take gives a new connection a place, that of another one if need be, and lets its requests find it. It is
// http.Server.ConnContext, which is called before anything is read.
func (p *places) take(ctx context.Context, conn net.Conn) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.taken) >= p.limit {
		longest := p.waiting.Front()
		if longest == nil {
			cut(conn)
			return ctx
		}
		out := longest.Value.(*place)
		p.free(out)
		cut(out.conn)
	}
	l := &place{of: p, conn: conn}
	l.waits = p.waiting.PushBack(l)
	p.taken[conn] = l
	return context.WithValue(ctx, placeKey{}, l)
}

// changed frees the place of a connection that has gone. It is http.Server.ConnState. What else a connection is doing, its
// requests tell better: half a head makes it active.
func (p *places) changed(conn net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.taken[conn]; l != nil {
		p.free(l)
	}
}

// free takes a connection's place away. The lock is held.
func (p *places) free(l *place) {
	delete(p.taken, l.conn)
	if l.waits != nil {
		p.waiting.Remove(l.waits)
		l.waits = nil
	}
}

// serving keeps the connection of a request from being cut for a new one until served is called.
func serving(ctx context.Context) (served func()) {
	l, _ := ctx.Value(placeKey{}).(*place)
	if l == nil {
		return func() {} // no connection of ours, or one that is cut already
	}
	l.add(1)
	return func() { l.add(-1) }
}

func (l *place) add(requests int) {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	l.requests += requests
	if l.of.taken[l.conn] != l {
		return // it is cut or taken over
	}
	switch {
	case l.requests > 0 && l.waits != nil:
		l.of.waiting.Remove(l.waits)
		l.waits = nil
	case l.requests == 0 && l.waits == nil:
		l.waits = l.of.waiting.PushBack(l)
	}
}

// cut closes a connection without a goodbye, which over TLS would wait for a client that takes nothing.
func cut(conn net.Conn) {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = over.NetConn()
	}
	_ = conn.Close() // it is gone either way
}
