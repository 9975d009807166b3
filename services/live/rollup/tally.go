package rollup

import "math/bits"

// ViewOf names one of the two ways to count.
type ViewOf int

// Views.
const (
	All     ViewOf = iota
	Organic        // without promotional posts
	views
)

// tally holds the counts of one day in one view.
type tally struct {
	total      int64
	several    int64
	sources    [sources]int64
	teams      []teamTally
	categories []int64
	timeline   [][Buckets]int64 // by category
	minutes    []int32          // distinct posts by minute of the day
}

type teamTally struct {
	posts      int64
	popularity int64         // ten-thousandths
	engagement int64         // hundredths
	score      int64         // of the posts that were judged, ten-thousandths
	labels     [labels]int64 // posts
	minutes    []int32       // posts by minute of the day
	growth     []int64       // hundredths an hour, by the minute of the day in which the posts were looked at last
	grown      []int32       // posts that growth is of
}

func newTally(teams, categories, minutes int) *tally {
	t := &tally{
		teams:      make([]teamTally, teams),
		categories: make([]int64, categories),
		timeline:   make([][Buckets]int64, categories),
		minutes:    make([]int32, minutes),
	}
	for i := range t.teams {
		t.teams[i].minutes, t.teams[i].growth, t.teams[i].grown = make([]int32, minutes), make([]int64, minutes), make([]int32, minutes)
	}
	return t
}

// add counts the contribution sign times, 1 or -1, in this minute and half hour. looked is the minute of the newest look; none
// of the day when that was on another one.
func (t *tally) add(c contribution, sign int64, minute, looked int, bucket uint8) {
	t.total += sign
	t.sources[c.source()] += sign
	t.minutes[minute] += int32(sign)
	if bits.OnesCount8(c.teams) > 1 {
		t.several += sign
	}
	c.eachTeam(func(i int) {
		team := &t.teams[i]
		team.posts += sign
		team.popularity += sign * int64(c.popularity)
		team.engagement += sign * c.engagement
		team.labels[c.label()] += sign
		if c.label() != Unknown {
			team.score += sign * int64(c.score)
		}
		team.minutes[minute] += int32(sign)
		if c.is(grown) && looked >= 0 && looked < len(team.growth) {
			team.growth[looked] += sign * int64(c.growth)
			team.grown[looked] += int32(sign)
		}
	})
	for b := c.categories; b != 0; b &= b - 1 {
		i := bits.TrailingZeros64(b)
		t.categories[i] += sign
		t.timeline[i][bucket] += sign
	}
}
