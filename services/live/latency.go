package live

import (
	"slices"
	"time"
)

const (
	latencySamples = 256
	latencySpan    = time.Minute
)

// latencies remembers how long the newest posts took from their creation to the state that showed them.
type latencies struct {
	shown [latencySamples]time.Time
	took  [latencySamples]time.Duration
	next  int
}

func (l *latencies) add(shown time.Time, took time.Duration) {
	l.shown[l.next], l.took[l.next] = shown, took
	l.next = (l.next + 1) % latencySamples
}

// of the last minute before now; nil when no post was shown then.
func (l *latencies) of(now time.Time) *Latency {
	var took []time.Duration
	for i, shown := range l.shown {
		if !shown.IsZero() && now.Sub(shown) < latencySpan {
			took = append(took, l.took[i])
		}
	}
	if len(took) == 0 {
		return nil
	}
	slices.Sort(took)
	return &Latency{P50: took[(len(took)-1)/2].Milliseconds(), P95: took[(len(took)-1)*95/100].Milliseconds()}
}
