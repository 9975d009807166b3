// Package world makes the posts of the simulator: a seeded world in which
// invented authors write about whatever the stream's rules ask for.
//
// A World is a pure machine. It is given a seed, a rate, a start time and
// rules, and yields posts with the moment each is due; waiting for that moment,
// writing posts anywhere and counting them belong to the caller. The same seed,
// start and rules give the same posts, ids included. Without the same start
// they still say the same: authors, texts and media follow from the seed, the
// rate, the rules and the number of the arrival alone.
//
// Nothing in it is real. Handles begin with "sim_", names end in
// "(simulated)", and every address ends in .example or .invalid, which RFC 2606
// keeps out of the DNS.
package world

import (
	"math/rand/v2"
	"time"

	"catsvdogs/services/pipeline/rule"
)

// World is the state between two posts. It is not safe for concurrent use.
type World struct {
	seed    uint64
	rate    float64
	pace    float64 // how many times the rate comes
	slot    uint64  // arrivals so far
	due     time.Time
	pcg     *rand.PCG
	rng     *rand.Rand // content, seeded anew for each arrival
	gaps    *rand.Rand // time between arrivals
	ids     mint
	crowd   crowd
	moments rhythm

	era *Era

	edits   []edit
	post    Post // reused by each arrival
	other   Post // the post it refers to
	matched []int
	scratch matchScratch
}

// New makes a world whose clock stands at start. The rate is posts per second
// as the mean over a day, greater than 0; without rules nothing happens.
func New(seed uint64, rate float64, start time.Time) *World {
	pcg := rand.NewPCG(seed, 0)
	rng := rand.New(pcg)
	w := &World{
		seed: seed, rate: rate, pace: 1, due: start,
		pcg: pcg, rng: rng,
		gaps:    rand.New(rand.NewPCG(seed, 1)),
		moments: newRhythm(seed),
		era:     NewEra(nil),
	}
	w.crowd = newCrowd(rng)
	w.schedule()
	return w
}

// SetRules says what the stream asks for from the next arrival on: the posts
// that come are those that at least one rule matches.
func (w *World) SetRules(rules []*rule.Rule) { w.SetEra(NewEra(rules)) }

// SetEra is [World.SetRules] with rules that were prepared before.
func (w *World) SetEra(era *Era) { w.era = era }

// Era is a set of rules together with what authors write about under it. It
// never changes, so worlds and goroutines may share one.
type Era struct {
	rules    []*rule.Rule
	subjects subjects
}

// NewEra prepares rules. The slice belongs to the era from then on.
func NewEra(rules []*rule.Rule) *Era {
	e := &Era{rules: rules}
	if len(rules) > 0 {
		e.subjects = newSubjects(rules)
	}
	return e
}

// Hurry lets so many times as many posts come from the next arrival on; 1 is as
// many as the rate says. It changes when they come, not what they say.
func (w *World) Hurry(times float64) { w.pace = times }

// Due is when the next arrival takes place.
func (w *World) Due() time.Time { return w.due }

// Advance moves a clock that has fallen behind to the given time: what would
// have arrived before is never written. A clock ahead of it stays.
func (w *World) Advance(to time.Time) {
	if w.due.Before(to) {
		w.due = to
		w.schedule()
	}
}

// Next makes the arrival that is due and moves the clock to the one after it.
// It returns nil when no rule matches what arrived. The post, its slices and
// its Matched are valid until the next call.
func (w *World) Next() *Post {
	if len(w.era.rules) == 0 {
		w.schedule()
		return nil
	}
	at := w.due
	if p := w.dueEdit(at); p != nil {
		return p
	}
	w.schedule()
	w.slot++
	w.pcg.Seed(w.seed, mix(w.slot-1))
	p := w.compose(Origin{Slot: w.slot, At: at}, w.ids.next(at))
	if p != nil {
		w.maybeEdit(p, w.slot)
	}
	return p
}

// schedule draws the gap to the next arrival: a Poisson process whose
// intensity follows the day and the surges.
func (w *World) schedule() {
	intensity := w.rate * w.pace * daily(w.due) * w.moments.surge(w.virtual(), max(len(w.era.subjects.all), 1))
	gap := w.gaps.ExpFloat64() / intensity
	// A gap of hours only comes from a tiny rate; the bound keeps the sum far
	// from overflowing a Duration.
	w.due = w.due.Add(time.Duration(min(gap, 86400) * float64(time.Second)))
}

// virtual is the time in the world's story in seconds. It follows the number
// of arrivals, not the clock, so that a pause or another start changes nothing
// of what is told.
func (w *World) virtual() float64 { return float64(w.slot) / w.rate }

// mix is the finaliser of SplitMix64: neighbouring numbers must not give
// neighbouring random sequences.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
