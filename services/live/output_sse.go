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
// connection is the whole state. Who accepts gzip gets it: what is sent is compressed once for all. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html.
//
// A browser opens six connections to a host over HTTP/1.1, and speaks HTTP/2 only over TLS, which a proxy in front of
// this has to bring. So that a seventh tab does not starve without one, the page keeps one connection for all tabs of a
// browser and hands the events on among them.
func serveEvents(hub *broadcast.Hub, from addresses) http.Handler {
	retry := broadcast.NewMessage([]byte("retry: " + strconv.FormatInt(retryAfter.Milliseconds(), 10) + "\n"))

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave, why := hub.Join(from.of(r))
		if why != broadcast.LetIn {
			refuse(w, why)
			return
		}
		defer leave()

		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-cache, no-transform")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		h.Set("Vary", "Accept-Encoding")
		s := &follower{w: w, connection: http.NewResponseController(w)}
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			s.gzip = new(broadcast.Gzip)
		}
		if r.Method == http.MethodHead {
			return
		}
		frame := hub.Newest()
		if !s.send(retry, frame.Snapshot()) {
			return
		}
		heartbeat := time.NewTimer(heartbeatEvery)
		defer heartbeat.Stop()
		for {
			var next *broadcast.Message
			select {
			case <-r.Context().Done():
				return
			case <-hub.Closed():
				s.end()
				return
			case <-frame.Replaced():
				newest := hub.Newest()
				next, frame = newest.After(frame), newest
			case <-heartbeat.C:
				next = broadcast.Stored(beat(time.Now()))
			}
			if !s.send(next) {
				return
			}
			heartbeat.Reset(heartbeatEvery)
		}
	})
}

// refuse asks a reader to come back. The one who is too many from an address may have nothing to do with the others, so it
// is told.
func refuse(w http.ResponseWriter, why broadcast.Refusal) {
	w.Header().Set("Retry-After", "10")
	detail := "as many pages as may be are following; come back in a moment"
	if why == broadcast.AddressFull {
		detail = "as many pages as may be are following from your address; come back in a moment"
	}
	problem(w, http.StatusServiceUnavailable, detail)
}

// follower is a connection that events go to.
type follower struct {
	w          http.ResponseWriter
	connection *http.ResponseController
	gzip       *broadcast.Gzip // nil where events go as they are
	begun      bool
}

// send writes the messages and says whether the reader is still there.
func (s *follower) send(messages ...*broadcast.Message) bool {
	if s.connection.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
		return false
	}
	for _, m := range messages {
		bytes := m.Plain
		if s.gzip != nil {
			bytes = s.gzip.Next(m)
		}
		if s.gzip != nil && !s.begun {
			if _, err := s.w.Write(s.gzip.Header()); err != nil {
				return false
			}
		}
		s.begun = true
		if _, err := s.w.Write(bytes); err != nil {
			return false
		}
	}
	return s.connection.Flush() == nil
}

// end closes a compressed stream, so that a reader does not take its end for an error.
func (s *follower) end() {
	if s.gzip != nil && s.begun {
		_, _ = s.w.Write(s.gzip.Trailer()) // the reader may have gone
	}
}

// beat is a heartbeat. It has no id, because it leads to no other state.
func beat(now time.Time) []byte {
	data, _ := json.Marshal(struct { // a string always encodes
		Now string `json:"now"`
	}{instant(now)})
	return broadcast.Event("", "heartbeat", data)
}
