package httpguard

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// guard bounds a request before it is served.
type guard struct {
	next   http.Handler
	bounds Bounds
	log    *slog.Logger
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer serving(r.Context())()
	defer g.caught(r)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.ContentLength != 0 {
		// After the answer the server reads what is left of a body, so it needs the deadline even where nobody wants it.
		// Where a connection has no deadlines there is nobody to wait for.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.bounds.Body))
		if r.ContentLength > g.bounds.BodyBytes {
			w.Header().Set("Connection", "close")
			http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, g.bounds.BodyBytes)
	}
	g.next.ServeHTTP(w, r)
}

// caught ends the request of a handler that has panicked, and nothing else: the client learns that the connection is gone,
// the log why.
func (g *guard) caught(r *http.Request) {
	fault := recover()
	if fault == nil {
		return
	}
	if err, ok := fault.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
		g.log.Error("a request could not be served", "method", r.Method, "path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
	}
	panic(http.ErrAbortHandler)
}
