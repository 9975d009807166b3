// Package faultproxy stands in front of an HTTP server and misbehaves as that server could: it refuses, it is slow, it hangs up, it
// loses an answer after the work is done, it does half of a bulk request, it knows no conditions. It tells of every request that has
// met a fault, because a fault that did not happen proves nothing. It does not own when a fault is to happen, nor what a server
// says in its place, but for some answers that have the form of the real servers' (testdata).
package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Bounds of a proxy. There are none for bodies that pass and for answers: those of the server behind it and of the client hold, as
// they do without a proxy. That, and the field that it adds to answers, is why the server is none of httpguard's.
const (
	headTime     = 10 * time.Second
	idleTime     = 2 * time.Minute // longer than a client keeps a connection that waits, which shall be the one to close it
	keptIdle     = 32
	keptIdleTime = time.Minute // shorter than the servers keep it
	connections  = 128         // to the server; who finds all in use waits as long as its client does
)

// Fault is one way to misbehave: it answers a request, maybe by forward, which sends it on and passes the answer back. It calls hit
// when that was a misbehaviour whose effect is certain, before the client can know it.
type Fault func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func())

// Proxy forwards requests to a server. Use it from any goroutine.
type Proxy struct {
	address string
	forward *httputil.ReverseProxy
	onward  *http.Transport
	front   *http.Server
	ended   chan struct{}

	mu     sync.Mutex
	broken []*broken // in the order in which they began
}

// broken is a fault from Break until its mend.
type broken struct {
	fault Fault
	hit   func()
}

// Listen stands in front of the server at target, a URL, on a free port of this machine until Close. Requests and answers pass
// unchanged, the Host header too, which S3's signatures cover. log receives what goes wrong on the way, at debug.
func Listen(ctx context.Context, target string, log *slog.Logger) (*Proxy, error) {
	server, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("stand in front of a server: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("stand in front of a server: %w", err)
	}
	p := &Proxy{
		address: listener.Addr().String(),
		onward: &http.Transport{
			// Else it would ask for compressed answers where the client has not, and unpack them.
			DisableCompression: true,
			DialContext:        (&net.Dialer{Timeout: headTime}).DialContext,
			MaxIdleConns:       keptIdle, MaxIdleConnsPerHost: keptIdle, IdleConnTimeout: keptIdleTime, MaxConnsPerHost: connections,
		},
		ended: make(chan struct{}),
	}
	quiet := slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.Host = r.In.Host
		},
		Transport: p.onward,
		// A server that is away shows as a connection that ends without an answer, as it would without a proxy.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { hangUp(w) },
		ErrorLog:     quiet,
	}
	p.front = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: headTime, IdleTimeout: idleTime, ErrorLog: quiet}
	go func() {
		defer close(p.ended)
		_ = p.front.Serve(listener) // until Close
	}()
	return p, nil
}

// Addr is where the proxy is, as HOST:PORT.
func (p *Proxy) Addr() string { return p.address }

// URL is where the proxy is, to be used in place of the server's.
func (p *Proxy) URL() string { return "http://" + p.address }

// Close ends all connections, and so the faults that still wait.
func (p *Proxy) Close() error {
	err := p.front.Close()
	<-p.ended
	p.onward.CloseIdleConnections()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close the proxy in front of a server: %w", err)
	}
	return nil
}

// Break has requests that come from now on meet a fault until mend, which ends this fault and no other. Where several are on, the
// one that began last is met. hit, if there is one, is called for each request that has met it, from any goroutine.
func (p *Proxy) Break(f Fault, hit func()) (mend func()) {
	if hit == nil {
		hit = func() {}
	}
	b := &broken{fault: f, hit: hit}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = append(p.broken, b)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.broken = slices.DeleteFunc(p.broken, func(other *broken) bool { return other == b })
	}
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	var met *broken
	if n := len(p.broken); n > 0 {
		met = p.broken[n-1]
	}
	p.mu.Unlock()
	if met == nil {
		p.forward.ServeHTTP(w, r)
		return
	}
	met.fault(w, r, p.forward, met.hit)
}

// hangUp ends the connection without an answer, or in its middle.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, or what was hijacked before
	}
	_ = conn.Close()
}
