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
	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/stage"
)

// contentPolicy goes with every answer that is not of the page, which has policies of its own: numbers load nothing and
// run nothing, even where a browser is made to take them for a page.
const contentPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// readersBeside is how many connections there may be beside those of followers.
const readersBeside = 1024

// handler serves the page, the card, the stream, the numbers as JSON, and, when the process has no address for it, telemetry;
// rehearsal is the demo's own, or nil. from tells readers apart.
func handler(board *scoreboard, p *page.Page, from addresses, telemetry, rehearsal http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", p)
	mux.Handle("GET /assets/{name}", p)
	mux.Handle("GET /embed", p)
	mux.Handle("GET /events", serveEvents(board.hub, from))
	mux.Handle("/api/", api(board))
	if telemetry != nil {
		for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
			mux.Handle("GET "+path, telemetry)
		}
	}
	if rehearsal != nil {
		mux.Handle(page.RehearsalPath, rehearsal)
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

// serve answers on listener until ctx ends, then asks the followers to go and closes.
func serve(ctx context.Context, listener net.Listener, h http.Handler, hub *broadcast.Hub, log *slog.Logger) error {
	// Browsers speak HTTP/2 only over TLS; a proxy that brings it can then carry all of a browser's requests, and those
	// of many browsers, over few connections to here.
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	// A follower stays for days: each event has a deadline of its own.
	server := httpguard.Server(h, httpguard.Bounds{Answer: writeTimeout, Connections: hub.Limits().All + readersBeside}, log)
	server.Protocols = &protocols
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
