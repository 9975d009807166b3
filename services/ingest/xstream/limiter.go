package xstream

import "time"

// Requests that X allows an app in 15 minutes (docs.x.com, "Rate limits"). The window is half a minute longer here: a
// request counts at X when it arrives, which may be up to a stalled connect later than when it was sent.
const (
	connectLimit = 50
	searchLimit  = 450
	searchBurst  = 60 // of those, at once
	limitWindow  = 15*time.Minute + 30*time.Second
)

// limiter keeps requests of one kind within a sliding window. For connects it does so whatever ended the ones before: a
// server that accepts and closes again at once would otherwise lock the account out.
type limiter struct {
	limit int
	// burst is how many may come at once; what follows is spread over the window, so that a long gap does not take all that
	// an app has from its other parts, and then has to wait for minutes. 0 for no spreading.
	burst int
	at    []time.Time // of the requests in the window, oldest first; at most limit
}

// wait returns how long to wait before another request, 0 for none.
func (l *limiter) wait(now time.Time) time.Duration {
	var wait time.Duration
	n := len(l.at)
	if n == l.limit {
		wait = l.at[0].Add(limitWindow).Sub(now)
	}
	if l.burst > 0 && n >= l.burst && now.Sub(l.at[n-l.burst]) < limitWindow {
		wait = max(wait, l.at[n-1].Add(limitWindow/time.Duration(l.limit)).Sub(now))
	}
	return max(0, wait)
}

// sent counts a request, whatever X answers. Call it only when wait has returned 0.
func (l *limiter) sent(now time.Time) {
	if len(l.at) == l.limit {
		l.at = l.at[:copy(l.at, l.at[1:])]
	}
	l.at = append(l.at, now)
}

// unsent takes the last one back.
func (l *limiter) unsent() { l.at = l.at[:len(l.at)-1] }
