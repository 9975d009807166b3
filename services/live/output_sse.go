package live

import (
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"catsvdogs/services/live/broadcast"
)

const (
	// retryAfter is when a browser comes back after a cut, unless the page itself knows better.
	retryAfter = 2 * time.Second
	// heartbeatEvery keeps proxies from closing a connection that they take for idle.
	heartbeatEvery = 15 * time.Second
	// writeTimeout frees what a reader that has stopped reading holds.
	writeTimeout = 10 * time.Second
)

// serveEvents is GET /events: the whole state as event "snapshot", then the newest difference as event "tick" whenever
// there is one (a JSON merge patch, RFC 7396), or a snapshot again where differences were missed. Ids are
// <epoch>-<seq>. A Last-Event-ID is not needed: the first event of every connection is the whole state.
// Format: https://html.spec.whatwg.org/multipage/server-sent-events.html.
func serveEvents(hub *broadcast.Hub) http.Handler {
	beat := new(sse.Message)
	beat.AppendComment("still here")

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, ok := hub.Join()
		if !ok {
			w.Header().Set("Retry-After", "10")
			http.Error(w, "too many pages are following; come back in a moment", http.StatusServiceUnavailable)
			return
		}
		defer leave()

		w.Header().Set("Cache-Control", "no-cache, no-transform")
		w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", "text/event-stream")
			return
		}
		session, err := sse.Upgrade(w, r)
		if err != nil {
			http.Error(w, "this connection cannot be followed", http.StatusNotImplemented)
			return
		}
		deadline := http.NewResponseController(w)
		send := func(m *sse.Message) bool {
			return deadline.SetWriteDeadline(time.Now().Add(writeTimeout)) == nil && session.Send(m) == nil && session.Flush() == nil
		}

		frame := hub.Newest()
		first := frame.Snapshot().Clone() // shared with the others, who need no retry
		first.Retry = retryAfter
		if !send(first) {
			return
		}
		heartbeat := time.NewTimer(heartbeatEvery)
		defer heartbeat.Stop()
		for {
			next := beat
			select {
			case <-r.Context().Done():
				return
			case <-hub.Closed():
				return
			case <-frame.Replaced():
				newest := hub.Newest()
				next, frame = newest.After(frame), newest
			case <-heartbeat.C:
			}
			if !send(next) {
				return
			}
			heartbeat.Reset(heartbeatEvery)
		}
	})
}
