package rollup

import "math/bits"

// tally holds the counts of one day.
type tally struct {
	total      int64
	several    int64
	simulated  int64
	teams      []int64
	categories []int64
	timeline   [][Buckets]int64 // by category
}

func newTally(teams, categories int) *tally {
	return &tally{
		teams:      make([]int64, teams),
		categories: make([]int64, categories),
		timeline:   make([][Buckets]int64, categories),
	}
}

// add counts the contribution of p sign times, 1 or -1. A post that does not count leaves everything as it is.
func (t *tally) add(p post, sign int64) {
	if !p.counts {
		return
	}
	t.total += sign
	if p.simulated {
		t.simulated += sign
	}
	if bits.OnesCount8(p.teams) > 1 {
		t.several += sign
	}
	for b := p.teams; b != 0; b &= b - 1 {
		t.teams[bits.TrailingZeros8(b)] += sign
	}
	for b := p.categories; b != 0; b &= b - 1 {
		c := bits.TrailingZeros64(b)
		t.categories[c] += sign
		t.timeline[c][p.bucket] += sign
	}
}
