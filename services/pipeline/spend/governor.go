package spend

import (
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// flightWindow is how much of what came last may be on its way when reading ends: what X has sent and we have not
	// counted is in buffers of both sides.
	flightWindow = 10 * time.Second
	// flightPosts is on its way at any rate.
	flightPosts = 20
	// maxMargin bounds the margin, as a part of the budget: a small budget must not be nothing but margin.
	maxMargin = 0.5
	// rateWindow is how long the rate is looked at for a decision on sampling, and rateFirst how long before the first.
	rateWindow = 15 * time.Minute
	rateFirst  = 5 * time.Minute
)

// Options are what a Governor needs.
type Options struct {
	Service   string  // in the names of the metrics: "ingest"
	PostPrice float64 // dollars for a post
	Daily     float64 // budget in dollars for a UTC day; 0 for none
	Monthly   float64 // budget in dollars for a UTC month; 0 for none
	Sampling  bool    // read a share of the posts rather than spend a budget before its period ends
	// Spent is what was billed before this process, as far as the caller knows.
	Spent Count
	// Lookups says that posts are read by Reserve alone, and not by a stream.
	Lookups bool
	// Shared says that another process spends from the same budgets. Nothing is granted by Reserve until Beside has told
	// what that has spent, and until it must have heard of this one.
	Shared     bool
	Registerer prometheus.Registerer
	Now        func() time.Time // nil for time.Now
}

// Governor meters and decides. Safe for concurrent use.
type Governor struct {
	opts    Options
	metrics *metrics

	mu       sync.Mutex
	accounts [2]*account // day, month
	today    billed
	flight   decaying // billed posts
	recent   recent   // billed and reserved posts
	shared   bool     // another process spends from the same budgets
	began    time.Time
	full     decaying // billed posts, each for as many as the share in force stands for
	since    time.Time
	base     *baseline
	share    int
}

// Verdict is what the governor wants.
type Verdict struct {
	Share  int       // of the posts, in percent; 0 for none
	Period Period    // whose budget is used up; "" while reading may go on
	Until  time.Time // when that period ends
}

// String puts the verdict into words.
func (v Verdict) String() string {
	if v.Share == 0 {
		return fmt.Sprintf("the budget for the %s is used up until %s", v.Period, v.Until.Format(time.RFC3339))
	}
	return fmt.Sprintf("%d %% of the posts are read", v.Share)
}

// New returns a governor of a stream that is read in full. It panics if its metrics are registered already.
func New(o Options) *Governor {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Governor{
		opts: o, metrics: newMetrics(o), today: newBilled(), share: 100,
		accounts: [2]*account{{period: Day, budget: o.Daily}, {period: Month, budget: o.Monthly}},
		began:    o.Now(),
		flight:   decaying{window: flightWindow}, full: decaying{window: rateWindow},
	}
	g.turn(o.Now())
	spent := o.Spent.On(o.Now())
	g.accounts[0].posts, g.accounts[0].others = spent.Day, spent.DayOthers
	g.accounts[1].posts, g.accounts[1].others = spent.Month, spent.MonthOthers
	for _, a := range g.accounts {
		a.told = a.total() // so that X may also say that it was less
		a.shown = g.metrics.spent.WithLabelValues(string(a.period))
		g.metrics.budget.WithLabelValues(string(a.period)).Set(a.budget)
	}
	g.metrics.sample.Set(100)
	g.show()
	return g
}

// Limited says whether there is a budget at all.
func (g *Governor) Limited() bool { return g.opts.Daily > 0 || g.opts.Monthly > 0 }

// Bill counts a post that was read, by the id of this version of it, and says whether a budget is used up: then nothing
// more must be read. What has no id cannot be told from what came before: it counts each time.
func (g *Governor) Bill(id string) (exhausted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	if id == "" || g.today.add(id) {
		for _, a := range g.accounts {
			a.posts++
		}
		g.flight.add(now, 1)
		g.recent.add(now, 1)
		g.full.add(now, 100/float64(max(g.share, 1)))
		g.metrics.posts.Inc()
		g.show()
	}
	return g.exhausted(now) != nil
}

// Count returns what was billed so far.
func (g *Governor) Count() Count {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	day, month := g.accounts[0], g.accounts[1]
	return Count{At: now.UTC(), Day: day.posts, DayOthers: day.others, Month: month.posts, MonthOthers: month.others}
}

// MayRead says whether so many posts may be read beside the stream: they fit into the budgets, and the stream itself is
// not being sampled to save money.
func (g *Governor) MayRead(posts int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	if g.share < 100 {
		return false
	}
	if g.shared {
		posts *= 2 // until the other process knows of them, it may spend as much
	}
	for _, a := range g.accounts {
		if a.budget > 0 && (a.spent || g.left(a, now) < float64(posts)*g.opts.PostPrice) {
			return false
		}
	}
	return true
}

// Verdict returns which share of the posts to read from now on.
func (g *Governor) Verdict() Verdict {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	g.show()
	if a := g.exhausted(now); a != nil {
		return Verdict{Share: 0, Period: a.period, Until: a.period.end(now)}
	}
	s := Situation{InForce: g.share, Sampling: g.opts.Sampling}
	for _, a := range g.accounts {
		if a.budget > 0 {
			s.Left = append(s.Left, Allowance{Dollars: g.left(a, now), Time: a.period.end(now).Sub(now)})
		}
	}
	// The count over a window that has not passed yet is that of the time that has.
	if seen := now.Sub(g.since); !g.since.IsZero() && seen >= rateFirst {
		s.FullRate = g.full.read(now) / (rateWindow.Seconds() * (1 - decay(seen, rateWindow))) * g.opts.PostPrice
	}
	return Verdict{Share: Decide(s)}
}

// InForce tells the governor which share is read now, in percent.
func (g *Governor) InForce(share int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.share = share
	g.metrics.sample.Set(float64(share))
}

// Reading tells the governor that the stream is connected, so that time without posts counts.
func (g *Governor) Reading() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.since.IsZero() {
		g.since = g.opts.Now()
	}
}

// exhausted returns the account whose budget is used up, if one is; when both are, that of the month, whose end is
// later.
func (g *Governor) exhausted(now time.Time) (found *account) {
	for _, a := range g.accounts {
		if a.budget > 0 && g.left(a, now) <= 0 {
			a.spent = true
		}
		if a.spent {
			found = a
		}
	}
	return found
}

// left returns the dollars of a budget that may still be spent, without those for posts that are on their way.
func (g *Governor) left(a *account, now time.Time) float64 {
	margin := g.margin(now) * g.opts.PostPrice
	return a.budget - min(margin, a.budget*maxMargin) - float64(a.total())*g.opts.PostPrice
}

// margin is how many posts are kept for those that are on their way, and for what the other process does not know of yet.
func (g *Governor) margin(now time.Time) float64 {
	flight := g.flight.read(now)
	if g.shared {
		flight = max(flight, g.recent.read(now))
	}
	return flightPosts + flight
}

// turn follows the calendar.
func (g *Governor) turn(now time.Time) {
	for _, a := range g.accounts {
		if !a.turn(now) {
			continue
		}
		if a.period == Day {
			g.today = newBilled() // a post of yesterday that is read again is billed again
		} else {
			g.base = nil
		}
	}
}

func (g *Governor) show() {
	for _, a := range g.accounts {
		a.shown.Set(float64(a.total()) * g.opts.PostPrice)
	}
}
