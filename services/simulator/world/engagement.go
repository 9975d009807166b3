package world

import (
	"math"
	"math/rand/v2"
	"time"
)

// Metrics are a post's public_metrics.
type Metrics struct{ Retweets, Replies, Likes, Quotes, Bookmarks, Impressions int }

// viewsPerLike ties the impressions to the likes, so that a post is never
// liked by more than have seen it.
const viewsPerLike = 3

// arrived is what a post with so many likes shows when it arrives.
func arrived(likes int) Metrics { return Metrics{Likes: likes, Impressions: likes * viewsPerLike} }

// Engagement is how posts win attention. The end is log-normal, the way there
// saturates:
//
//	likes(age) = likes at arrival + round down(final × (1 − 2^(−age/halfLife)))
//	final      = exp(1.6 + 1.7 z), z standard normal from seed and first id
//
// so half of all posts end with 5 likes or fewer, one in a hundred with more
// than 250, and one in 20,000 with thousands. The other counts follow the same
// curve with ends of their own, each a share of the likes times exp(0.5 z'):
// retweets 0.18, replies 0.12, quotes 0.03, bookmarks 0.10, impressions 30.
// The shares are invented; that the sum is heavy-tailed and grows with age is
// what has been measured of X.
//
// All versions of a post have the metrics of the first: what X does there is
// not documented. A repost gathers nothing of its own.
type Engagement struct {
	Seed     uint64
	HalfLife time.Duration
	// Deleted is the share of posts that are deleted sooner or later, 0 to 1.
	Deleted float64
}

// At gives the metrics of a post at a moment. They never shrink.
func (e Engagement) At(p *Post, now time.Time) Metrics {
	m := p.Metrics
	age := now.Sub(TimeOf(p.First))
	if age <= 0 || p.Relation == Retweets || e.HalfLife <= 0 {
		return m
	}
	grown := 1 - math.Exp2(-age.Seconds()/e.HalfLife.Seconds())
	rng := rand.New(rand.NewPCG(e.Seed^0x656e67616765, mix(p.First)))
	final := math.Exp(1.6 + 1.7*min(rng.NormFloat64(), 5))
	share := func(of float64) int {
		return int(final * of * math.Exp(0.5*min(rng.NormFloat64(), 4)) * grown)
	}
	m.Retweets, m.Replies, m.Quotes, m.Bookmarks = share(0.18), share(0.12), share(0.03), share(0.10)
	m.Likes += int(final * grown)
	m.Impressions += share(30) + viewsPerLike*int(final*grown)
	return m
}

// Gone says that a post has been deleted by its author at a moment: the share
// that is deleted goes at exponential ages, on average after one half-life.
func (e Engagement) Gone(first uint64, now time.Time) bool {
	if e.Deleted <= 0 {
		return false
	}
	rng := rand.New(rand.NewPCG(e.Seed^0x64656c657465, mix(first)))
	if rng.Float64() >= e.Deleted {
		return false
	}
	after := time.Duration(min(rng.ExpFloat64(), 20) * float64(e.HalfLife))
	return now.Sub(TimeOf(first)) >= after
}
