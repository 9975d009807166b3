package xstream

import (
	"context"
	"errors"
	"time"
)

// keepAliveGrace is added to the stall timeout: X's keep-alives come every 20 s and are often marginally late
// (measured by the authors of tweepy, notes on 4.12.1).
const keepAliveGrace = time.Second

// errStalled is the cause with which a stall watch ends a connection.
var errStalled = errors.New("not a byte came for too long")

// stallWatch ends a connection that is silent. A connection may also be accepted and stay silent from the first
// moment, so it is armed from the connect on.
type stallWatch struct {
	after time.Duration
	timer *time.Timer
}

// newStallWatch returns a watch that is not armed.
func newStallWatch(after time.Duration, cancel context.CancelCauseFunc) *stallWatch {
	w := &stallWatch{after: after, timer: time.AfterFunc(after, func() { cancel(errStalled) })}
	w.timer.Stop()
	return w
}

func (w *stallWatch) arm()    { w.timer.Reset(w.after) }
func (w *stallWatch) disarm() { w.timer.Stop() }
