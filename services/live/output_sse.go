package live

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"catsvdogs/services/live/broadcast"
)

const (
	// retryAfter is when a browser comes back after a cut, unless the page itself knows better.
	retryAfter = 2 * time.Second
	// heartbeatEvery keeps proxies from closing a connection that they take for idle, and tells a page, which takes one
	// that has been silent for 25 s for dead, that there is no news. It is an event because a page cannot see comments.
	heartbeatEvery = 10 * time.Second
	// writeTimeout frees what a reader that has stopped reading holds.
	writeTimeout = 10 * time.Second
)

// serveEvents is GET /events: the whole state as event "snapshot", then the newest difference as event "change" whenever
// there is one (a JSON merge patch, RFC 7396), or a snapshot again where differences were missed, and "heartbeat" when
// there has been nothing to tell. Ids are <epoch>-<seq>. A Last-Event-ID is not needed: the first event of every
// connection is the whole state. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html.
//
// A browser opens six connections to a host over HTTP/1.1, and speaks HTTP/2 only over TLS, which a proxy in front of
// this has to bring. So that a seventh tab does not starve without one, the page keeps one connection for all tabs of a
// browser and hands the events on among them.
func serveEvents(hub *broadcast.Hub) http.Handler {
	retry := []byte("retry: " + strconv.FormatInt(retryAfter.Milliseconds(), 10) + "\n")

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, ok := hub.Join()
		if !ok {
			w.Header().Set("Retry-After", "10")
			http.Error(w, "too many pages are following; come back in a moment", http.StatusServiceUnavailable)
			return
		}
		defer leave()

		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-cache, no-transform")
		w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
		if r.Method == http.MethodHead {
			return
		}
		connection := http.NewResponseController(w)
		send := func(events ...[]byte) bool {
			if connection.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
				return false
			}
			for _, event := range events {
				if _, err := w.Write(event); err != nil {
					return false
				}
			}
			return connection.Flush() == nil
		}

		frame := hub.Newest()
		if !send(retry, frame.Snapshot()) {
			return
		}
		heartbeat := time.NewTimer(heartbeatEvery)
		defer heartbeat.Stop()
		for {
			var next []byte
			select {
			case <-r.Context().Done():
				return
			case <-hub.Closed():
				return
			case <-frame.Replaced():
				newest := hub.Newest()
				next, frame = newest.After(frame), newest
			case <-heartbeat.C:
				next = beat(time.Now())
			}
			if !send(next) {
				return
			}
			heartbeat.Reset(heartbeatEvery)
		}
	})
}

// beat is a heartbeat. It has no id, because it leads to no other state.
func beat(now time.Time) []byte {
	data, _ := json.Marshal(struct { // a string always encodes
		Now string `json:"now"`
	}{instant(now)})
	return broadcast.Event("", "heartbeat", data)
}
