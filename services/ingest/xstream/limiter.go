package xstream

import "time"

// Requests that X allows an app in 15 minutes (docs.x.com, "Rate limits"). The window is half a minute longer here: a
// request counts at X when it arrives, which may be up to a stalled connect later than when it was sent.
const (
	connectLimit = 50
	searchLimit  = 450
	limitWindow  = 15*time.Minute + 30*time.Second
)

// limiter keeps requests of one kind within a sliding window. For connects it does so whatever ended the ones before: a
// server that accepts and closes again at once would otherwise lock the account out.
type limiter struct {
	limit int
	at    []time.Time // of the requests in the window, oldest first; at most limit
}

// wait returns how long to wait before another request, 0 for none.
func (l *limiter) wait(now time.Time) time.Duration {
	if len(l.at) < l.limit {
		return 0
	}
	return max(0, l.at[0].Add(limitWindow).Sub(now))
}

// sent counts a request, whatever becomes of it. Call it only when wait has returned 0.
func (l *limiter) sent(now time.Time) {
	if len(l.at) == l.limit {
		l.at = l.at[:copy(l.at, l.at[1:])]
	}
	l.at = append(l.at, now)
}
