package httpguard

import (
	"log/slog"
	"net/http"
	"time"
)

// Defaults of Bounds.
const (
	headTime    = 5 * time.Second
	idleTime    = time.Minute
	answerTime  = 30 * time.Second
	bodyTime    = 30 * time.Second
	headBytes   = 16 << 10
	bodyBytes   = 4 << 10
	connections = 1024
)

// Bounds of a server. A field that is zero has the default that its comment tells.
type Bounds struct {
	// Head is how long a request's head may take; 5 s.
	Head time.Duration
	// Body is how long its body may take from then on; 30 s.
	Body time.Duration
	// Answer is how long the answer may take from the end of the head on; 30 s. A handler that answers for longer sets a
	// deadline for each write, by http.ResponseController.
	Answer time.Duration
	// Idle is how long a connection may wait for its next request; 1 min.
	Idle time.Duration
	// HeadBytes bounds the head; 16 KiB. net/http lets 4 KiB more through.
	HeadBytes int
	// BodyBytes bounds the body, as it is transferred; 4 KiB, for those who want none at all.
	BodyBytes int64
	// Connections bounds those that are open at the same time; 1024. One that a handler has taken over is not counted.
	Connections int
}

func (b Bounds) complete() Bounds {
	orElse := func(d *time.Duration, other time.Duration) {
		if *d == 0 {
			*d = other
		}
	}
	orElse(&b.Head, headTime)
	orElse(&b.Body, bodyTime)
	orElse(&b.Answer, answerTime)
	orElse(&b.Idle, idleTime)
	if b.HeadBytes == 0 {
		b.HeadBytes = headBytes
	}
	if b.BodyBytes == 0 {
		b.BodyBytes = bodyBytes
	}
	if b.Connections == 0 {
		b.Connections = connections
	}
	return b
}

// Server returns a server of h within b, for one call of Serve. It has no ReadTimeout, which would cut off a reader of a
// stream; what a request's body may take is bounded for each.
func Server(h http.Handler, b Bounds, log *slog.Logger) *http.Server {
	b = b.complete()
	held := newPlaces(b.Connections)
	return &http.Server{
		Handler:           &guard{next: h, bounds: b, log: log},
		ConnState:         held.changed,
		ConnContext:       held.take,
		ReadHeaderTimeout: b.Head,
		WriteTimeout:      b.Answer,
		IdleTimeout:       b.Idle,
		MaxHeaderBytes:    b.HeadBytes,
		// Over HTTP/2 a reader that is gone, or takes nothing, holds all of its connection's streams.
		HTTP2:    &http.HTTP2Config{SendPingTimeout: b.Idle, PingTimeout: b.Head, WriteByteTimeout: b.Answer},
		ErrorLog: slog.NewLogLogger(byUrgency{log.Handler()}, slog.LevelDebug),
	}
}
