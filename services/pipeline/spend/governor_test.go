package spend

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// clocked is a governor with a clock that a test moves.
type clocked struct {
	*Governor
	now      time.Time
	n        int
	registry *prometheus.Registry
}

var noon = time.Date(2026, 8, 30, 12, 0, 0, 0, time.UTC)

func newClocked(o Options) *clocked {
	c := &clocked{now: noon, registry: prometheus.NewRegistry()}
	o.Now, o.Registerer = func() time.Time { return c.now }, c.registry
	if o.PostPrice == 0 {
		o.PostPrice = 0.005
	}
	c.Governor = New(o)
	return c
}

// read bills so many posts, one each step, until the governor says stop; it returns how many it read.
func (c *clocked) read(posts int, step time.Duration) int {
	for i := range posts {
		c.now = c.now.Add(step)
		c.n++
		if c.Bill(fmt.Sprint(c.n)) {
			return i + 1
		}
	}
	return posts
}

func (c *clocked) posts() float64 { return testutil.ToFloat64(c.metrics.posts) }

func TestAPostIsBilledOnceADay(t *testing.T) {
	t.Parallel()
	c := newClocked(Options{})
	for _, step := range []struct {
		id    string
		hours int
		want  float64
	}{{"1", 0, 1}, {"1", 1, 1}, {"2", 1, 2}, {"1", 9, 2}, {"1", 1, 3}, {"1", 1, 3}} {
		c.now = c.now.Add(time.Duration(step.hours) * time.Hour)
		if c.Bill(step.id); c.posts() != step.want {
			t.Errorf("after post %s at %s: %v billed, want %v", step.id, c.now, c.posts(), step.want)
		}
	}
	if got := testutil.ToFloat64(c.metrics.spent.WithLabelValues("month")); got != 0.015 {
		t.Errorf("%v dollars in the month", got)
	}
	if got := testutil.ToFloat64(c.metrics.spent.WithLabelValues("day")); got != 0.005 {
		t.Errorf("%v dollars in the day", got)
	}
}

func TestReadingEndsBeforeABudgetDoesAndBeginsWithTheNextPeriod(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opts      Options
		step      time.Duration
		low, high int // posts until reading ends
		period    Period
		until     string
	}{
		"a day, slowly":        {Options{Daily: 5}, 10 * time.Second, 950, 990, Day, "2026-08-31T00:00:00Z"},
		"a day, fast":          {Options{Daily: 5}, 10 * time.Millisecond, 500, 600, Day, "2026-08-31T00:00:00Z"},
		"a month":              {Options{Daily: 50, Monthly: 5}, 10 * time.Second, 950, 990, Month, "2026-09-01T00:00:00Z"},
		"both":                 {Options{Daily: 5, Monthly: 5}, 10 * time.Second, 950, 990, Month, "2026-09-01T00:00:00Z"},
		"part of it was spent": {Options{Daily: 5, Spent: Count{At: noon, Day: 900}}, 10 * time.Second, 50, 90, Day, "2026-08-31T00:00:00Z"},
		"all of it was spent":  {Options{Daily: 5, Spent: Count{At: noon, Day: 9000}}, 10 * time.Second, 1, 1, Day, "2026-08-31T00:00:00Z"},
		"a budget of one post": {Options{Daily: 0.005}, time.Second, 1, 1, Day, "2026-08-31T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newClocked(c.opts)
			if n := g.read(20_000, c.step); n < c.low || n > c.high {
				t.Errorf("read %d posts", n)
			}
			v := g.Verdict()
			if v.Share != 0 || v.Period != c.period || v.Until.Format(time.RFC3339) != c.until || !strings.Contains(v.String(), string(c.period)) {
				t.Errorf("verdict %+v", v)
			}
			g.now = v.Until.Add(-time.Second) // what was in flight has long landed
			if g.Verdict().Share != 0 || g.MayRead(1) {
				t.Error("reads again before the period has turned")
			}
			g.now = v.Until
			if v := g.Verdict(); v.Share != 100 && c.opts.Daily > 0.1 {
				t.Errorf("after the period has turned: %+v", v)
			}
		})
	}
}

func TestWithoutABudgetNothingIsHeldBack(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Spent: Count{At: noon, Day: 1 << 40}, Sampling: true})
	if g.Limited() || g.read(1000, time.Second) != 1000 || g.Verdict().Share != 100 || !g.MayRead(1<<30) {
		t.Error("held back")
	}
}

func TestASearchMayReadWhatIsLeftWhileNothingIsSampled(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Daily: 1}) // 200 posts, 20 of them as a margin
	if !g.MayRead(180) || g.MayRead(181) {
		t.Error("the margin is not kept")
	}
	g.InForce(50)
	if g.MayRead(1) {
		t.Error("reads beside a stream that is sampled")
	}
}

func TestTheShareFollowsTheRate(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Daily: 43_200 * 0.005 / 4, Sampling: true}) // for one in four seconds, until midnight
	g.Reading()
	g.read(200, time.Second)
	if v := g.Verdict(); v.Share != 100 {
		t.Errorf("decided on a rate that was looked at for 200 s: %+v", v)
	}
	g.read(1800, time.Second)
	v := g.Verdict()
	if v.Share != 10 && v.Share != 25 {
		t.Fatalf("one post a second, one in four affordable: %+v", v)
	}
	g.InForce(v.Share)
	g.read(100, time.Second*time.Duration(100/v.Share)) // the rules ask for fewer; the rate of all is the same
	if again := g.Verdict(); again.Share != v.Share {
		t.Errorf("changed again from %+v to %+v", v, again)
	}
	g.now = g.now.Add(3 * time.Hour)
	if v := g.Verdict(); v.Share != 100 {
		t.Errorf("after hours without a post: %+v", v)
	}
}

func TestXsCountIsTakenOverWhereItIsMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		usage      Usage
		day, month float64 // dollars
	}{
		"more":                   {Usage{Days: map[string]int64{"2026-08-30": 1000, "2026-08-01": 500, "2026-07-31": 9000}}, 5, 7.5},
		"less, as X lags":        {Usage{Days: map[string]int64{"2026-08-30": 3}}, 0.5, 0.5},
		"nothing":                {Usage{}, 0.5, 0.5},
		"a sum without days":     {Usage{Project: 2000}, 0.5, 10},
		"a sum since last month": {Usage{Project: 2000, ResetDay: 31}, 0.5, 0.5},
		"a sum since this month": {Usage{Project: 2000, ResetDay: 30}, 0.5, 10},
		"days and another sum":   {Usage{Days: map[string]int64{"2026-08-30": 1000}, Project: 2000}, 5, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newClocked(Options{})
			g.read(100, time.Millisecond)
			g.Reconcile(c.usage)
			day, month := testutil.ToFloat64(g.metrics.spent.WithLabelValues("day")), testutil.ToFloat64(g.metrics.spent.WithLabelValues("month"))
			if day != c.day || month != c.month {
				t.Errorf("%v and %v dollars, want %v and %v", day, month, c.day, c.month)
			}
		})
	}
}

func TestWhatIsRememberedOfADayIsBounded(t *testing.T) {
	t.Parallel()
	b := newBilled()
	for n := range 5 * maxRemembered {
		if !b.add(fmt.Sprint(n)) {
			t.Fatalf("post %d counts as billed", n)
		}
		if b.add(fmt.Sprint(n)) {
			t.Fatalf("post %d is billed twice", n)
		}
	}
	if n := len(b.young) + len(b.old); n > 2*maxRemembered {
		t.Errorf("%d ids are remembered", n)
	}
	if b.add(fmt.Sprint(4*maxRemembered + 1)) {
		t.Error("a post of the last generation was forgotten")
	}
}

func TestXsSumSinceLastMonthCountsByWhatItGrows(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Monthly: 10}) // 2,000 posts
	g.read(100, time.Millisecond)
	for _, step := range []struct{ sum, month int64 }{{5000, 100}, {5300, 400}, {5300, 400}, {100, 100}, {400, 400}} {
		g.Reconcile(Usage{Project: step.sum, ResetDay: 31})
		if c := g.Count(); c.Month+c.MonthOthers != step.month {
			t.Errorf("after a sum of %d: %+v", step.sum, c)
		}
		if g.Verdict().Share != 100 {
			t.Fatalf("a sum of %d ends reading: %+v", step.sum, g.Count())
		}
	}
}

func TestAStopThatXsCountHasCausedEndsWithIt(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Monthly: 10}) // 2,000 posts
	g.read(100, time.Millisecond)
	g.Reconcile(Usage{Project: 5000})
	if g.Verdict().Share != 0 {
		t.Fatal("X's count is not believed")
	}
	g.now = g.now.Add(time.Hour)
	g.Reconcile(Usage{Project: 5000})
	if g.Verdict().Share != 0 {
		t.Error("reads again although X says the same")
	}
	g.Reconcile(Usage{Project: 50})
	if v := g.Verdict(); v.Share != 100 {
		t.Errorf("X says that it was less: %+v", v)
	}
	g.read(5000, time.Second)
	g.Reconcile(Usage{Project: 60})
	g.Reconcile(Usage{Project: 50})
	if g.Verdict().Share != 0 {
		t.Error("a stop by our own count is lifted")
	}
}

func TestTheNextProcessGoesOnFromTheCount(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{})
	g.read(100, time.Millisecond)
	g.Reconcile(Usage{Days: map[string]int64{"2026-08-30": 150, "2026-08-01": 500}})
	count := g.Count()
	if want := (Count{At: g.now, Day: 100, DayOthers: 50, Month: 100, MonthOthers: 550}); count != want {
		t.Fatalf("counted %+v, want %+v", count, want)
	}
	for name, c := range map[string]struct {
		later      time.Duration
		day, month float64
	}{
		"the same day":     {time.Hour, 0.75, 3.25},
		"the next day":     {24 * time.Hour, 0, 3.25},
		"the next month":   {48 * time.Hour, 0, 0},
		"the clock was on": {-30 * 24 * time.Hour, 0.75, 3.25},
	} {
		o := Options{Spent: count, PostPrice: 0.005, Registerer: prometheus.NewRegistry(), Now: func() time.Time { return g.now.Add(c.later) }}
		next := New(o)
		day, month := testutil.ToFloat64(next.metrics.spent.WithLabelValues("day")), testutil.ToFloat64(next.metrics.spent.WithLabelValues("month"))
		if day != c.day || month != c.month {
			t.Errorf("%s: %v and %v dollars, want %v and %v", name, day, month, c.day, c.month)
		}
	}
}
