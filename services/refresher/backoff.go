package refresher

import (
	"math/rand/v2"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// The waits that X documents for requests that fail ("Consuming streaming data", reconnection best practices, and
// "Rate limits"), as ingest keeps them: minimums, to which chance adds.
const (
	networkStep   = 250 * time.Millisecond
	networkMax    = 16 * time.Second
	httpFirst     = 5 * time.Second
	httpMax       = 320 * time.Second
	limitFirst    = time.Minute
	limitMax      = 15 * time.Minute
	resetMax      = 24 * time.Hour
	finalPause    = 5 * time.Minute // a person must act first
	noCreditPause = 15 * time.Minute
)

// pauses says how long to wait after a failure; each kind of failure grows by itself. The zero value is ready.
type pauses struct{ network, http, limits int }

// next returns the wait after f.
func (p *pauses) next(f *xapi.Failure, now time.Time) time.Duration {
	asked := f.RetryAt.Sub(now)
	if asked > resetMax {
		asked = 0 // a wrong clock or a wrong server
	}
	switch {
	case f.Kind == xapi.Network:
		p.network++
		return min(time.Duration(p.network)*networkStep+rand.N(networkStep), networkMax)
	case f.Kind == xapi.RateLimited || f.Kind == xapi.TooManyConnections:
		if asked > 0 {
			return stretch(asked) // X says when; its answer counts more than a rule for when it does not
		}
		p.limits++
		return stretch(doubled(limitFirst, p.limits, limitMax))
	case f.Kind == xapi.NoCredit:
		return stretch(noCreditPause)
	case f.Final():
		return stretch(finalPause)
	default:
		p.http++
		return stretch(min(max(doubled(httpFirst, p.http, httpMax), asked), httpMax))
	}
}

func stretch(d time.Duration) time.Duration { return d + rand.N(d/10+1) }

// doubled returns first doubled n-1 times, at most limit.
func doubled(first time.Duration, n int, limit time.Duration) time.Duration {
	for ; n > 1 && first < limit; n-- {
		first *= 2
	}
	return min(first, limit)
}
