package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/page"
	"catsvdogs/services/pipeline/stage"
)

// contentPolicy lets the page load its own files and nothing else, and run no script that stands in markup: a post's
// text that got into the page as markup could still do nothing.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

// handler serves the page, the stream, the numbers as JSON, and, when the process has no address for it, telemetry.
func handler(hub *broadcast.Hub, p *page.Page, telemetry http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", p)
	mux.Handle("GET /assets/{name}", p)
	mux.Handle("GET /events", serveEvents(hub))
	mux.Handle("GET /api/v1/contest", serveState(hub))
	if telemetry != nil {
		for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
			mux.Handle("GET "+path, telemetry)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// Nothing here takes a body, but the server reads what is left of one after the answer, for as long as it does
			// not come.
			w.Header().Set("Connection", "close")
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second))
		}
		// Followers set a deadline for each event; whoever else stops reading is let go. Where the connection has no
		// deadlines there is nobody to let go.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		mux.ServeHTTP(w, r)
	})
}

// serveState is GET /api/v1/contest: the newest State. Any page may read it; it holds nothing that is not public.
func serveState(hub *broadcast.Hub) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write(hub.Newest().JSON)
	})
}

// serve answers on listener until ctx ends, then asks the followers to go and closes.
func serve(ctx context.Context, listener net.Listener, h http.Handler, hub *broadcast.Hub, log *slog.Logger) error {
	server := &http.Server{
		Handler: h,
		// Nobody may hold a connection with half a request. There is no ReadTimeout and no WriteTimeout because
		// either would cut a follower off, who stays for days; each event has a deadline of its own.
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		hub.Close()
		_ = stage.Shutdown(server, 2*time.Second) // the process ends; there is nothing to mend
	})
	err := server.Serve(listener)
	if stop() {
		return fmt.Errorf("serve the page: %w", err)
	}
	<-closed
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page: %w", err)
	}
	return nil
}
