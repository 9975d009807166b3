package spend

import (
	"math"
	"time"
)

// Reservation is leave to read some posts by one request. It is not for use by several goroutines.
type Reservation struct {
	Posts int // that may be read; 0 for none

	governor *Governor
	began    [2]time.Time // of the periods that it counts in
	settled  bool
}

// Reserve asks for leave to read so many posts that were not billed yet today, and grants as many of them as fit into the
// budgets. They count from now on: where another process shares the budgets, Count is to be saved before the request is
// sent. Settle what was granted.
func (g *Governor) Reserve(posts int) *Reservation {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	r := &Reservation{governor: g, Posts: g.grant(posts, now)}
	for i, a := range g.accounts {
		r.began[i] = a.began
		a.posts += int64(r.Posts)
	}
	g.recent.add(now, float64(r.Posts))
	g.show()
	return r
}

func (g *Governor) grant(posts int, now time.Time) int {
	// What was spent just before this process began may not be known to the other yet.
	if g.opts.Shared && (!g.shared || now.Sub(g.began) < unseenWindow) && g.Limited() {
		return 0
	}
	for _, a := range g.accounts {
		switch {
		case a.budget <= 0:
			continue
		case a.spent:
			return 0
		}
		free := a.budget/g.opts.PostPrice - float64(a.total())
		// What is granted is part of the margin, which is bounded: so it may fit in either way.
		fits := max((free-g.margin(now))/2, free-a.budget*maxMargin/g.opts.PostPrice)
		posts = min(posts, int(math.Max(0, math.Min(fits, math.MaxInt32))))
	}
	return max(0, posts)
}

// Settle says how many posts the request has read that are billed for. One without an answer may have read all that was
// granted. The first call counts.
func (r *Reservation) Settle(billed int) {
	g := r.governor
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.settled {
		return
	}
	r.settled = true
	now := g.opts.Now()
	g.turn(now)
	more := billed - r.Posts
	for i, a := range g.accounts {
		if a.began.Equal(r.began[i]) {
			a.posts += int64(more)
		} else {
			a.posts += int64(billed) // the period has turned meanwhile, and X may have read them after that
		}
	}
	g.recent.add(now, float64(max(0, more)))
	g.metrics.posts.Add(float64(billed))
	g.show()
}
