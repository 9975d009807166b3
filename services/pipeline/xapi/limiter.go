package xapi

import (
	"slices"
	"time"
)

// LimitWindow is X's 15 minutes, in which it allows an app some requests of each kind (docs.x.com, "Rate limits"), and half
// a minute more: a request counts at X when it arrives, which may be up to a stalled connect later than when it was sent.
const LimitWindow = 15*time.Minute + 30*time.Second

// Limiter keeps requests of one kind within a sliding window. For connects it does so whatever ended the ones before: a
// server that accepts and closes again at once would otherwise lock the account out.
// It does not read the clock, and is for one goroutine.
type Limiter struct {
	limit, burst int
	at           []time.Time // of the requests in the window, oldest first; at most limit
}

// NewLimiter returns a limiter of so many requests in LimitWindow. burst is how many of them may come at once; what follows
// is spread over the window, so that one who has a lot to ask does not take all that an app has from its other parts, and
// then has to wait for minutes. 0 for no spreading.
func NewLimiter(limit, burst int) *Limiter { return &Limiter{limit: limit, burst: burst} }

// Wait returns how long to wait before another request, 0 for none. Requests that were sent later than now were sent while the
// clock was fast, and count as of now: a wait for when they say could last as long as the clock was wrong.
func (l *Limiter) Wait(now time.Time) time.Duration {
	for i := len(l.at) - 1; i >= 0 && l.at[i].After(now); i-- {
		l.at[i] = now
	}
	var wait time.Duration
	n := len(l.at)
	if n == l.limit {
		wait = l.at[0].Add(LimitWindow).Sub(now)
	}
	if l.burst > 0 && n >= l.burst && now.Sub(l.at[n-l.burst]) < LimitWindow {
		wait = max(wait, l.at[n-1].Add(LimitWindow/time.Duration(l.limit)).Sub(now))
	}
	return max(0, wait)
}

// Sent counts a request, whatever X answers. Call it only when Wait has returned 0.
func (l *Limiter) Sent(now time.Time) {
	if len(l.at) == l.limit {
		l.at = l.at[:copy(l.at, l.at[1:])]
	}
	l.at = append(l.at, now)
}

// Unsent takes the last one back.
func (l *Limiter) Unsent() { l.at = l.at[:len(l.at)-1] }

// Times returns when the requests in the window were sent, oldest first.
func (l *Limiter) Times() []time.Time { return slices.Clone(l.at) }
