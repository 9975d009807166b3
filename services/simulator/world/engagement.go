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

// Arrived is what a post with so many likes shows when it arrives.
func Arrived(likes int) Metrics { return Metrics{Likes: likes, Impressions: likes * viewsPerLike} }

// Loss is why a post that was made is not to be had any more, as X's compliance
// jobs name it; empty for one that is.
type Loss string

// The losses.
const (
	Deleted   Loss = "deleted"   // by its author
	Protected Loss = "protected" // its author shows posts to followers only
)

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
// So 15 s after the arrival a post has half of its likes with a half-life of
// 15 s, three quarters after 30 s and 94 in a hundred after a minute.
//
// All versions of a post have the metrics of the first: what X does there is
// not documented. A repost gathers nothing of its own.
type Engagement struct {
	Seed     uint64
	HalfLife time.Duration
	// Deleted is the share of posts that are deleted sooner or later, 0 to 1.
	Deleted float64
	// Protected is the share of posts whose authors become protected sooner or
	// later, 0 to 1. It is drawn for each post by itself: other posts of the same
	// author stay, or the busiest author would make the share whatever he is.
	Protected float64
}

// At gives the metrics of a post at a moment. They never shrink.
func (e Engagement) At(p *Post, now time.Time) Metrics {
	if p.Relation == Retweets {
		return p.Metrics
	}
	return e.Grown(p.Metrics, p.First, now)
}

// Grown is [Engagement.At] for a post of which no more is known than the id of
// its first version and what it had on arrival; it must be no repost.
func (e Engagement) Grown(arrived Metrics, first uint64, now time.Time) Metrics {
	m := arrived
	age := now.Sub(TimeOf(first))
	if age <= 0 || e.HalfLife <= 0 {
		return m
	}
	grown := 1 - math.Exp2(-age.Seconds()/e.HalfLife.Seconds())
	rng := rand.New(rand.NewPCG(e.Seed^0x656e67616765, mix(first)))
	final := math.Exp(1.6 + 1.7*min(rng.NormFloat64(), 5))
	share := func(of float64) int {
		return int(final * of * math.Exp(0.5*min(rng.NormFloat64(), 4)) * grown)
	}
	m.Retweets, m.Replies, m.Quotes, m.Bookmarks = share(0.18), share(0.12), share(0.03), share(0.10)
	m.Likes += int(final * grown)
	m.Impressions += share(30) + viewsPerLike*int(final*grown)
	return m
}

// Lost says whether a post is lost at a moment, why, and since when. The shares
// that are lost go at exponential ages, on average after one half-life; of two
// reasons the earlier one counts.
func (e Engagement) Lost(first uint64, now time.Time) (why Loss, since time.Time) {
	for _, way := range []struct {
		loss   Loss
		share  float64
		stream uint64
	}{{Deleted, e.Deleted, 0x64656c657465}, {Protected, e.Protected, 0x70726f74656374}} {
		at, doomed := e.end(first, way.share, way.stream)
		if doomed && !now.Before(at) && (why == "" || at.Before(since)) {
			why, since = way.loss, at
		}
	}
	return why, since
}

// end draws whether and when a post goes that belongs to a share with a stream
// of random numbers of its own.
func (e Engagement) end(first uint64, share float64, stream uint64) (at time.Time, doomed bool) {
	if share <= 0 {
		return at, false
	}
	rng := rand.New(rand.NewPCG(e.Seed^stream, mix(first)))
	if rng.Float64() >= share {
		return at, false
	}
	after := time.Duration(min(rng.ExpFloat64(), 20) * float64(e.HalfLife))
	return TimeOf(first).Add(after), true
}
