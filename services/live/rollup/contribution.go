package rollup

import (
	"math"
	"math/bits"
	"time"
)

// contribution is what is remembered of a post: everything that it adds to any number, so that it can be taken away
// exactly when a newer version, an edit or a deletion comes. Sums are kept in whole ten-thousandths, because adding and
// taking away fractions would leave something behind. 32 bytes: there are millions.
type contribution struct {
	version    int64  // Unix milliseconds of the observation that counts
	categories uint64 // bit i: the shape's category i
	arrived    uint32 // Unix seconds of the first look
	popularity uint32 // ten-thousandths
	tags       uint32 // where its hashtags stand in the generation, and how many; see tagsOf
	score      int16  // ten-thousandths
	teams      uint8  // bit i: the shape's team i
	flags      uint8
}

// Flags; the source stands in the two bits from sourceShift on, the label in the two from labelShift on.
const (
	placed = 1 << iota // arrived is set
	counts             // without it: deleted, or of no team
	promotional
	sourceShift = 4
	labelShift  = 6
)

func (c contribution) is(flag uint8) bool { return c.flags&flag != 0 }
func (c contribution) source() Source     { return Source(c.flags >> sourceShift & 3) }
func (c contribution) label() Label       { return Label(c.flags >> labelShift & 3) }

// revise takes over what the observation says of the post, except where it stands in time.
func (c *contribution) revise(o *Observation, teams uint8, categories uint64) {
	c.version = o.ObservedAt.UnixMilli()
	c.teams, c.categories = teams, categories
	c.popularity = uint32(math.Round(clamp(o.Popularity, 0, 400_000) * 1e4))
	c.score = int16(math.Round(clamp(o.Score, -1, 1) * 1e4))
	c.flags = c.flags&placed | uint8(o.Source)&3<<sourceShift | uint8(o.Label)&3<<labelShift
	// A post of no team belongs to another contest: one that ran here earlier, or somebody else's rule.
	if teams != 0 {
		c.flags |= counts
	}
	if o.Promotional {
		c.flags |= promotional
	}
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
