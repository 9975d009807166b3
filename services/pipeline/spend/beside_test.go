package spend

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// told is a count on its way from one process to the other.
type told struct {
	at    time.Time
	count Count
}

// pair is two processes that spend from one budget on one clock: one reads a stream, one looks posts up.
type pair struct {
	t      *testing.T
	chance *rand.Rand
	budget int64 // posts
	now    time.Time

	stream, lookups   *Governor
	streamDown        time.Time // until when
	read              int64     // posts, by both, in truth
	id                int
	published         [2]Count // what stream and lookups have saved last
	onWay             [2][]told
	unsaved           int
	savedAt           time.Time
	crashes, restarts int
}

func newPair(t *testing.T, seed uint64) *pair {
	chance := rand.New(rand.NewPCG(seed, 9))
	p := &pair{t: t, chance: chance, budget: 40 + chance.Int64N(6000), now: noon, published: [2]Count{{At: noon}, {At: noon}}}
	p.startStream(Count{})
	p.startLookups()
	return p
}

func (p *pair) options(spent Count) Options {
	return Options{
		Service: "test", PostPrice: 0.01, Daily: float64(p.budget) * 0.01, Spent: spent,
		Registerer: prometheus.NewRegistry(), Now: func() time.Time { return p.now },
	}
}

func (p *pair) startStream(spent Count) {
	p.stream = New(p.options(spent))
	p.stream.Beside(p.published[1])
}

func (p *pair) startLookups() {
	o := p.options(p.published[1])
	o.Lookups, o.Shared = true, true
	p.lookups = New(o)
	p.lookups.Beside(p.published[0])
}

// save publishes a count, which the other process has within three seconds and a tick.
func (p *pair) save(who int, c Count) {
	p.published[who] = c
	at := p.now.Add(time.Duration(p.chance.Int64N(int64(3 * time.Second))))
	if n := len(p.onWay[who]); n > 0 && at.Before(p.onWay[who][n-1].at) {
		at = p.onWay[who][n-1].at
	}
	p.onWay[who] = append(p.onWay[who], told{at, c})
}

func (p *pair) deliver() {
	for who, to := range []*Governor{p.lookups, p.stream} {
		for len(p.onWay[who]) > 0 && !p.onWay[who][0].at.After(p.now) {
			to.Beside(p.onWay[who][0].count)
			p.onWay[who] = p.onWay[who][1:]
		}
	}
}

// tick is what happens by the clock: the stream's process saves after 20 posts, looking each second, and after 10 s.
func (p *pair) tick() {
	p.now = p.now.Add(time.Duration(p.chance.Int64N(int64(time.Second))))
	if since := p.now.Sub(p.savedAt); p.unsaved >= 20 && since >= time.Second || since >= 10*time.Second {
		p.save(0, p.stream.Count())
		p.unsaved, p.savedAt = 0, p.now
	}
	p.deliver()
}

// readStream reads some posts.
func (p *pair) readStream(burst int) {
	if p.now.Before(p.streamDown) {
		return
	}
	for n := 0; n < burst && p.stream.Verdict().Share > 0; n++ {
		p.id++
		p.read++
		p.unsaved++
		if p.stream.Bill(fmt.Sprint(p.id)) {
			break
		}
	}
}

// look makes one lookup, in which the process may be killed.
func (p *pair) look(killed bool) {
	r := p.lookups.Reserve(1 + p.chance.IntN(100))
	if r.Posts == 0 {
		return
	}
	p.save(1, p.lookups.Count())
	billed := r.Posts
	if p.chance.IntN(3) == 0 {
		billed = p.chance.IntN(r.Posts + 1)
	}
	p.read += int64(billed)
	if killed {
		p.crashes++
		p.startLookups()
		return
	}
	r.Settle(billed)
}

func (p *pair) restartStream() {
	p.restarts++
	p.streamDown = p.now.Add(unseenWindow + time.Second)
	p.startStream(p.stream.Count()) // tweets.raw has told the rest
}

func TestTwoProcessesNeverSpendMoreThanTheirBudget(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		p := newPair(t, seed)
		kills, told, lag := seed%2 == 1, seed%3 == 0, int64(0)
		for range 1000 {
			p.tick()
			switch n := p.chance.IntN(1000); {
			case n < 2 && kills:
				p.restartStream()
			case n < 10 && told:
				lag = max(lag, p.read-p.chance.Int64N(50))
				p.stream.Reconcile(Usage{Days: map[string]int64{noon.Format(time.DateOnly): max(0, lag)}})
			case n < 20: // after some quiet, all at once
				p.now = p.now.Add(time.Minute)
				p.tick()
				p.now = p.now.Add(4 * time.Second)
				p.tick()
				for range 1 + p.chance.IntN(4) {
					p.readStream(p.chance.IntN(1000))
					for range p.chance.IntN(10) {
						p.look(kills && p.chance.IntN(5) == 0)
					}
				}
			case n < 200:
				p.readStream(1 + p.chance.IntN(30))
			case n < 350:
				p.look(kills && p.chance.IntN(20) == 0)
			}
			if p.read > p.budget {
				t.Fatalf("seed %d: %d posts are read, the budget is for %d; %d restarts, %d crashes", seed, p.read, p.budget, p.restarts, p.crashes)
			}
		}
		if least := p.budget/2 - 10; p.read < least || !kills && p.budget > 1000 && p.read < p.budget*8/10 {
			t.Errorf("seed %d: of %d posts only %d are read", seed, p.budget, p.read)
		}
	}
}

func TestXsCountAndTheOtherProcesssAreNotAddedUp(t *testing.T) {
	t.Parallel()
	today := func(posts int64) Usage { return Usage{Days: map[string]int64{noon.Format(time.DateOnly): posts}} }
	at := func(minute int, day int64) Count {
		return Count{At: noon.Add(time.Duration(minute) * time.Minute), Day: day, Month: day}
	}
	type step struct {
		minute int
		beside *Count
		usage  *Usage
		want   int64 // posts in the day
	}
	tell := func(minute int, c Count, want int64) step { return step{minute: minute, beside: &c, want: want} }
	use := func(minute int, u Usage, want int64) step { return step{minute: minute, usage: &u, want: want} }
	for name, steps := range map[string][]step{ // 100 posts are read first
		"it is known first":                {tell(1, at(1, 50), 150), use(2, today(150), 150), tell(3, at(3, 60), 160), use(4, today(160), 160)},
		"X lags":                           {tell(1, at(1, 50), 150), use(2, today(120), 150), use(3, today(140), 150)},
		"another app reads too":            {tell(1, at(1, 50), 150), use(2, today(200), 200), tell(3, at(3, 60), 210), use(4, today(210), 210)},
		"X tells before it, of the same":   {use(2, today(150), 150), tell(3, at(1, 50), 150), tell(4, at(4, 60), 160)},
		"X tells before it, of some of it": {use(2, today(150), 150), tell(3, at(3, 60), 210), use(4, today(160), 160)},
		"an older count comes late":        {tell(1, at(1, 50), 150), tell(2, at(0, 20), 150)},
		"a count of yesterday":             {tell(1, at(-24*60, 50), 100)},
		"it knows of another app":          {tell(1, Count{At: noon, Day: 50, DayOthers: 30}, 180), use(2, today(170), 180), use(3, today(190), 190)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newClocked(Options{})
			g.read(100, time.Millisecond)
			for i, s := range steps {
				g.now = noon.Add(time.Duration(s.minute)*time.Minute + time.Second)
				if s.beside != nil {
					g.Beside(*s.beside)
				} else {
					g.Reconcile(*s.usage)
				}
				if got := testutil.ToFloat64(g.metrics.spent.WithLabelValues("day")) / 0.005; int64(got+0.5) != s.want {
					t.Errorf("step %d: %v posts, want %d", i, got, s.want)
				}
			}
			if c := g.Count(); c.Day != 100 {
				t.Errorf("our own count is %+v", c)
			}
		})
	}
}

func TestTheCountInAStateIsRead(t *testing.T) {
	t.Parallel()
	c, err := ReadCount([]byte(`{"version":9,"billed":{"at":"2026-08-30T12:00:00Z","day":-5,"month":9223372036854775807},"stream":{}}`))
	if want := (Count{At: noon, Month: maxBilled}); c != want || err != nil {
		t.Errorf("%+v, %v", c, err)
	}
	for _, text := range []string{``, `{`, `[]`, `{}`, `{"billed":null}`, `{"billed":{"day":"many"}}`} {
		if c, err := ReadCount([]byte(text)); err == nil {
			t.Errorf("%q is taken for %+v", text, c)
		}
	}
	if errs := []error{Config{XPostPrice: -1}.Check(), Config{XDailyBudget: 1}.Check()}; slices.Contains(errs, nil) {
		t.Errorf("%v", errs)
	}
}
