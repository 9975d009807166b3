package rehearsal

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Mode is what a proxy does to requests.
type Mode string

// Modes.
const (
	Open        Mode = ""
	Down        Mode = "down"        // the connection ends without an answer
	TooMany     Mode = "429"         // as Elasticsearch says that its queue is full
	Unavailable Mode = "503"         // as a store or a proxy says that nobody is there
	Slow        Mode = "slow"        // the answer comes late
	Half        Mode = "half"        // half the lines of a bulk arrive, then the connection ends
	AnswerLost  Mode = "answer lost" // a write is done, and nobody hears of it
)

// Bounds of a proxy.
const (
	slowBy      = 2 * time.Second
	maxBulk     = 100 << 20
	headTimeout = 10 * time.Second
)

// Proxy stands before a server that speaks HTTP. Use it from any goroutine.
type Proxy struct {
	forward *httputil.ReverseProxy
	server  *http.Server
	url     string
	ended   chan struct{}

	mu   sync.Mutex
	mode Mode
	hit  func()
}

// NewProxy listens on a loopback port in front of the server at target.
func NewProxy(ctx context.Context, target string, logger *slog.Logger) (*Proxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("stand before a server: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("stand before a server: %w", err)
	}
	p := &Proxy{url: "http://" + listener.Addr().String(), ended: make(chan struct{})}
	quiet := slog.NewLogLogger(logger.Handler(), slog.LevelDebug)
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // a signature covers it
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true},
		ErrorLog:  quiet,
		// A server that cannot be reached behind the proxy looks as it does without one.
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ModifyResponse: p.answered,
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: headTimeout, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(p.ended)
		_ = p.server.Serve(listener) // until Close
	}()
	return p, nil
}

// URL is where the proxy is.
func (p *Proxy) URL() string { return p.url }

// Close ends all connections.
func (p *Proxy) Close() error {
	err := p.server.Close()
	<-p.ended
	p.forward.Transport.(*http.Transport).CloseIdleConnections()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Set says what is done to requests from now on; hit is called for each of them that it is done to.
func (p *Proxy) Set(mode Mode, hit func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode, p.hit = mode, hit
}

// Clear opens the way again, unless something else is done to requests by now.
func (p *Proxy) Clear(mode Mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode == mode {
		p.mode, p.hit = Open, nil
	}
}

func (p *Proxy) now() (Mode, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode, p.hit
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch mode, hit := p.now(); mode {
	case Down:
		hit()
		panic(http.ErrAbortHandler)
	case TooMany:
		hit()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Elastic-Product", "Elasticsearch") // without it a client takes the server for another product
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"error":{"type":"es_rejected_execution_exception","reason":"rejected execution (rehearsal)"},"status":429}`)
		return
	case Unavailable:
		hit()
		http.Error(w, "nobody is there (rehearsal)", http.StatusServiceUnavailable)
		return
	case Slow:
		hit()
		late := time.NewTimer(slowBy)
		defer late.Stop()
		select {
		case <-late.C:
		case <-r.Context().Done():
			return
		}
	case Half:
		if strings.HasSuffix(r.URL.Path, "/_bulk") {
			hit()
			p.half(r)
			panic(http.ErrAbortHandler)
		}
	}
	p.forward.ServeHTTP(w, r)
}

// answered loses the answer to what was written.
func (p *Proxy) answered(resp *http.Response) error {
	mode, hit := p.now()
	if mode != AnswerLost || resp.Request.Method != http.MethodPut && resp.Request.Method != http.MethodPost {
		return nil
	}
	hit()
	return errors.New("the answer is lost (rehearsal)")
}

// half lets the server have the first half of a bulk's items, of two lines each. It is all that an interrupted request can
// leave behind.
func (p *Proxy) half(r *http.Request) {
	body, err := unpacked(r)
	if err != nil {
		return // nothing arrives, which is less than half
	}
	lines := bytes.SplitAfter(body, []byte{'\n'})
	items := len(lines) / 2 / 2
	if items == 0 {
		return
	}
	again := r.Clone(r.Context())
	text := bytes.Join(lines[:2*items], nil)
	again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	again.Header.Del("Content-Encoding")
	p.forward.ServeHTTP(discarded{}, again)
}

func unpacked(r *http.Request) ([]byte, error) {
	in := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		packed, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		in = packed
	}
	return io.ReadAll(io.LimitReader(in, maxBulk))
}

// discarded is a client that has gone.
type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) Write(b []byte) (int, error) { return len(b), nil }
func (discarded) WriteHeader(int)             {}
