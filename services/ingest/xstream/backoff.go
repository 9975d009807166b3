package xstream

import (
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// The waits that X documents ("Consuming streaming data", reconnection best practices).
const (
	networkStep   = 250 * time.Millisecond // each network error adds a step
	networkMax    = 16 * time.Second
	httpFirst     = 5 * time.Second // doubles with each HTTP error
	httpMax       = 320 * time.Second
	limitFirst    = time.Minute      // doubles with each 429
	limitMax      = 15 * time.Minute // X's windows are that long
	resetMax      = 24 * time.Hour   // the longest of X's limits are for a day
	noCreditPause = 15 * time.Minute // a person must act first
)

// backoff says how long to wait after a failure. Each kind of failure has a row of its own, so that kinds that take
// turns still grow.
//
// What X documents are minimums: full jitter from nothing to the wait, as it is used against herds, would break them and
// get a client locked out. So chance only adds. For network errors it is full jitter within the step: a wait is anywhere
// between its own and the next. For HTTP errors it is a tenth: there is one client for an account, the steps double, and
// every second more is a second of posts to be searched for.
type backoff struct {
	random func() float64 // in [0,1)
	Failures
}

// healthy starts all rows anew. Call it when a stream has worked for a while.
func (b *backoff) healthy() { b.Failures = Failures{} }

// next returns the wait after f, 0 for at once.
func (b *backoff) next(f *Failure, now time.Time) time.Duration {
	switch {
	case dropped(f):
		b.Drops++
		if b.Drops == 1 {
			return 0
		}
		// Connects that succeed and bring nothing are no better than those that fail.
		return b.linear(b.Drops - 1)
	case f.Kind == xapi.Network:
		b.Network++
		return b.linear(b.Network)
	case f.Kind == xapi.RateLimited || f.Kind == xapi.TooManyConnections:
		b.Limits++
		wait := doubled(limitFirst, b.Limits, limitMax)
		// A reset further away than a day is a wrong clock or a wrong server.
		if asked := f.RetryAt.Sub(now); asked <= resetMax {
			wait = max(wait, asked)
		}
		return b.stretch(wait)
	case f.Kind == xapi.NoCredit:
		return b.stretch(noCreditPause)
	default:
		b.HTTP++
		wait := max(doubled(httpFirst, b.HTTP, httpMax), f.RetryAt.Sub(now))
		return min(b.stretch(min(wait, httpMax)), httpMax)
	}
}

func (b *backoff) linear(n int) time.Duration {
	wait := time.Duration(n)*networkStep + time.Duration(b.random()*float64(networkStep))
	return min(wait, networkMax)
}

func (b *backoff) stretch(d time.Duration) time.Duration {
	return d + time.Duration(b.random()*float64(d)/10)
}

// doubled returns first doubled n-1 times, at most limit.
func doubled(first time.Duration, n int, limit time.Duration) time.Duration {
	for ; n > 1 && first < limit; n-- {
		first *= 2
	}
	return min(first, limit)
}
