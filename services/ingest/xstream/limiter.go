package xstream

import "time"

// X allows 50 connects in 15 minutes. The window is half a minute longer here: an attempt counts at X when it arrives,
// which may be up to a stalled connect later than when it was sent.
const (
	connectLimit  = 50
	connectWindow = 15*time.Minute + 30*time.Second
)

// limiter keeps connects within a sliding window, whatever ended the ones before: a server that accepts and closes
// again at once would otherwise lock the account out.
type limiter struct {
	at []time.Time // of the connects in the window, oldest first; at most connectLimit
}

// wait returns how long to wait before another connect, 0 for none.
func (l *limiter) wait(now time.Time) time.Duration {
	if len(l.at) < connectLimit {
		return 0
	}
	return max(0, l.at[0].Add(connectWindow).Sub(now))
}

// connected counts a connect, whatever becomes of it. Call it only when wait has returned 0.
func (l *limiter) connected(now time.Time) {
	if len(l.at) == connectLimit {
		l.at = l.at[:copy(l.at, l.at[1:])]
	}
	l.at = append(l.at, now)
}
