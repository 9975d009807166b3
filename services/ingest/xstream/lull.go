package xstream

import (
	"errors"
	"time"
)

const (
	// improbable is how many mean pauses without a post are no chance: were posts a Poisson process, a pause in exp(20), one
	// in half a billion, would be as long. They come in bursts and follow the day, so it is less certain than that; a search
	// that finds nothing costs nothing but a request.
	improbable = 20
	// minLull is the shortest pause that is looked into: X holds posts back for seconds without losing any.
	minLull = 10 * time.Second
	// paceOver is over about how many posts the mean goes, paceFrom how many there must have been.
	paceOver = 100
	paceFrom = 30
	// deaf is after how many such pauses, and after what time at least, a connection that still brings nothing but
	// keep-alives is given up.
	deaf    = 3
	minDeaf = 2 * time.Minute
)

// errDeaf is why a connection ends that is alive but brings no posts any more.
var errDeaf = errors.New("nothing but keep-alives came for too long")

// pace knows how fast posts come, and so when they fail to: a server that leaves some out without breaking the connection
// tells nobody. It outlives connections, is for one goroutine and does not read the clock.
type pace struct {
	posts  int
	last   time.Time     // when the last post of this connection came; zero when there was none
	waited time.Duration // for the server, since then: time in which a full buffer held us back says nothing of it
	mean   time.Duration // of waiting for a post, the newest counting most
}

// resume takes over what an earlier process knew; 0 for nothing.
func (p *pace) resume(mean time.Duration) {
	if mean > 0 {
		p.posts, p.mean = paceFrom, mean
	}
}

// known returns what resume takes over, 0 while too few posts have come.
func (p *pace) known() time.Duration {
	if p.posts < paceFrom {
		return 0
	}
	return p.mean
}

// connected notes that posts come by another connection now.
func (p *pace) connected() { p.last, p.waited = time.Time{}, 0 }

// wait notes that the server was waited for.
func (p *pace) wait(d time.Duration) { p.waited += d }

// post notes one that came now. lull says that there was none for longer than chance explains, since then; the time
// before a connection's first post is for the gap between two connections to see to.
func (p *pace) post(now time.Time) (since time.Time, lull bool) {
	since, lull = p.last, p.broken()
	if !p.last.IsZero() {
		p.posts++
		// One long pause must not hide the next.
		p.mean += (min(p.waited, p.patience()) - p.mean) / time.Duration(min(p.posts, paceOver))
	}
	p.last, p.waited = now, 0
	return since, lull
}

func (p *pace) broken() bool {
	return p.posts >= paceFrom && !p.last.IsZero() && p.waited > p.patience()
}

// deaf says whether this connection brought posts and then none for so long that another should be tried.
func (p *pace) deaf() bool { return p.broken() && p.waited > max(minDeaf, deaf*p.patience()) }

func (p *pace) patience() time.Duration { return max(minLull, improbable*p.mean) }
