// Package faultproxy stands in front of an HTTP server and misbehaves as that server could: it refuses, it is slow, it loses
// an answer after the work is done, it does half of a bulk request, it knows no conditions. What it answers has the
// form of the real servers' answers (testdata). It counts what it has done, because a fault that did not happen proves nothing. When a fault is to
// happen is not its business.
package faultproxy

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Fault is one way to misbehave: it answers a request, maybe by forward, which sends it on and passes the answer back. It says
// whether that was a misbehaviour.
type Fault func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool

// Proxy forwards requests to a server. Use it from any goroutine.
type Proxy struct {
	forward http.Handler

	mu    sync.Mutex
	fault Fault
	done  int64
}

// New returns a proxy to a server. Requests and answers pass unchanged, the Host header too, which S3's signatures cover.
func New(server *url.URL) *Proxy {
	return &Proxy{forward: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.Host = r.In.Host
		},
		// A server that is away shows as a connection that ends without an answer, as it would without a proxy.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { hangUp(w) },
		ErrorLog:     log.New(io.Discard, "", 0),
	}}
}

// Break has requests meet a fault from now on, in place of a former one, and counts from 0.
func (p *Proxy) Break(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.done = f, 0
}

// Mend ends the fault for requests that come from now on.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = nil
}

// Done is how many requests have met the fault since Break, its effect included.
func (p *Proxy) Done() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	fault := p.fault
	p.mu.Unlock()
	if fault == nil {
		p.forward.ServeHTTP(w, r)
		return
	}
	if !fault(w, r, p.forward) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
}

// unless forwards a request, which is no misbehaviour.
func unless(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
	forward.ServeHTTP(w, r)
	return false
}

// hangUp ends the connection without an answer, or in its middle.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, or what was hijacked before
	}
	_ = conn.Close()
}
