package faultplan

import (
	"math/rand/v2"
	"time"
)

// Draws are faults by chance: a Poisson process over the whole catalogue. The
// same seed and rate give the same faults at the same times after the start.
type Draws struct {
	rng       *rand.Rand
	perMinute float64
	at        time.Duration
}

// NewDraws makes them for a mean number of faults a minute, greater than 0.
func NewDraws(seed uint64, perMinute float64) *Draws {
	return &Draws{rng: rand.New(rand.NewPCG(seed, 4)), perMinute: perMinute}
}

// Next gives the next fault, to fire once.
func (d *Draws) Next() Step {
	gap := min(d.rng.ExpFloat64()/d.perMinute, 24*60) // minutes
	d.at += time.Duration(gap * float64(time.Minute))
	drawn := Catalogue()
	f := drawn[d.rng.IntN(len(drawn))]
	o := Order{Name: f.Name, Times: 1}
	if len(f.Variants) > 0 {
		o.Variant = f.Variants[d.rng.IntN(len(f.Variants))]
	}
	return Step{At: d.at, Order: o}
}
