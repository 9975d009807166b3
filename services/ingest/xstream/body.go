package xstream

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// Bounds on one line as it comes, what is not kept of it included. A line that never ends would hide that no other comes,
// since each of its bytes looks like a sign of life.
const (
	maxLineWait   = time.Minute // for the server; X sends a post at once
	maxLineLength = 64 << 20
)

// errEndless is why a connection ends that brings nothing but one line.
var errEndless = errors.New("one line came for too long without an end")

// countedBody arms the stall watch around each read, so that only waiting for X counts: time in which a full buffer
// holds the reader back is not X's silence.
type countedBody struct {
	s    *session
	body io.Reader

	length int           // of the line so far
	waited time.Duration // for the rest of it
}

func (b *countedBody) Read(p []byte) (int, error) {
	b.s.watch.arm()
	began := time.Now()
	n, err := b.body.Read(p)
	b.s.watch.disarm()
	if b.length > 0 {
		b.waited += time.Since(began)
	}
	if n > 0 {
		b.s.received += int64(n)
		b.s.metrics.bytes.Add(float64(n))
		b.s.metrics.lastByte.SetToCurrentTime()
	}
	if end := bytes.LastIndexByte(p[:n], '\n'); end >= 0 {
		b.length, b.waited = n-end-1, 0
	} else {
		b.length += n
	}
	if err == nil && (b.waited > maxLineWait || b.length > maxLineLength) {
		err = errEndless
	}
	return n, err
}
