package rollup

import (
	"math"
	"math/bits"
	"time"
)

// contribution is what is remembered of a post: everything that it adds to any number, so that it can be taken away
// exactly when a newer version, an edit or a deletion comes. Sums are kept in whole hundredths and ten-thousandths, because
// adding and taking away fractions would leave something behind. 48 bytes, and no pointer: there are a million.
type contribution struct {
	version    int64  // Unix milliseconds of the observation that counts
	categories uint64 // bit i: the shape's category i
	engagement int64  // hundredths
	arrived    uint32 // Unix seconds; of a deletion when it was seen
	popularity uint32 // ten-thousandths
	growth     int32  // hundredths an hour
	tags       uint32 // where its hashtags stand, and how many; see tagStore
	partition  uint16 // whose room it takes
	score      int16  // ten-thousandths
	teams      uint8  // bit i: the shape's team i
	flags      uint8
}

// Flags; the source stands in the two bits from sourceShift on, the label in the two from labelShift on.
const (
	counts = 1 << iota // without it: deleted, or of no team
	promotional
	grown       // growth is known
	sourceShift = 4
	labelShift  = 6
)

func (c contribution) is(flag uint8) bool { return c.flags&flag != 0 }
func (c contribution) source() Source     { return Source(c.flags >> sourceShift & 3) }
func (c contribution) label() Label       { return Label(c.flags >> labelShift & 3) }

// minute is when it arrived, in Unix minutes.
func (c contribution) minute() int64 { return int64(c.arrived) / 60 }

// contributionOf is what the observation says of the post. All of it: a later look replaces the earlier one as in the
// index, because after compaction only the newest is left in the log.
func contributionOf(o *Observation, teams uint8, categories uint64) contribution {
	c := contribution{
		version: o.ObservedAt.UnixMilli(), arrived: inSeconds(o.ArrivedAt), partition: uint16(o.Partition),
		teams: teams, categories: categories,
		engagement: int64(math.Round(clamp(o.Engagement, 0, 1e15) * 1e2)),
		popularity: uint32(math.Round(clamp(o.Popularity, 0, 400_000) * 1e4)),
		score:      int16(math.Round(clamp(o.Score, -1, 1) * 1e4)),
		flags:      uint8(o.Source)&3<<sourceShift | uint8(o.Label)&3<<labelShift,
	}
	// A post of no team belongs to another contest: one that ran here earlier, or somebody else's rule.
	if teams != 0 {
		c.flags |= counts
	}
	if o.Promotional {
		c.flags |= promotional
	}
	if o.Growth != nil {
		c.growth, c.flags = int32(math.Round(clamp(*o.Growth, -2e7, 2e7)*1e2)), c.flags|grown
	}
	return c
}

// lookedAt is the latest moment, in Unix seconds, at which somebody is known to have looked at the post.
func (c contribution) lookedAt() int64 { return max(c.version/1000, int64(c.arrived)) }

// clamp makes of a number that is none the lower bound.
func clamp(x, low, high float64) float64 {
	if !(x >= low) {
		return low
	}
	return min(x, high)
}

// inSeconds is t as a contribution keeps it; times before 1970 and after 2106 become the nearest that can be.
func inSeconds(t time.Time) uint32 { return uint32(min(max(t.Unix(), 0), math.MaxUint32)) }

// eachTeam calls f with the position of each team that the contribution counts for.
func (c contribution) eachTeam(f func(team int)) {
	for b := c.teams; b != 0; b &= b - 1 {
		f(bits.TrailingZeros8(b))
	}
}
