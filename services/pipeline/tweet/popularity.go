package tweet

import (
	"math"
	"time"
)

// Weights say how much each engagement counts towards popularity. Each is 0 or more; 0 leaves the engagement out.
type Weights struct {
	Retweets  float64 `yaml:"retweets"`
	Replies   float64 `yaml:"replies"`
	Likes     float64 `yaml:"likes"`
	Quotes    float64 `yaml:"quotes"`
	Bookmarks float64 `yaml:"bookmarks"`
}

// DefaultWeights are those of a contest file that gives none. A like weighs half of a retweet, as in the ranking that
// Twitter published in 2023 (https://github.com/twitter/the-algorithm-ml, projects/home/recap). That ranking's other
// weights multiply probabilities, not counts, and are not used.
func DefaultWeights() Weights {
	return Weights{Retweets: 1, Replies: 1, Likes: 0.5, Quotes: 1, Bookmarks: 0.5}
}

// Engagement is
//
//	E = retweets·w + replies·w + likes·w + quotes·w + bookmarks·w
//
// each w from w. Impressions do not count: they tell how many were shown a post, not how many liked it. A count below zero,
// which no source has, is none.
func (w Weights) Engagement(m Metrics) float64 {
	e := weigh(w.Retweets, m.Retweets) + weigh(w.Replies, m.Replies) + weigh(w.Likes, m.Likes) + weigh(w.Quotes, m.Quotes)
	if m.Bookmarks != nil {
		e += weigh(w.Bookmarks, *m.Bookmarks)
	}
	return e
}

// Growth is by how much the engagement has grown an hour from one look to the next, to two decimals; below zero when likes
// were taken back. Two looks within a second tell nothing: ok is false.
func (w Weights) Growth(from, to Metrics, within time.Duration) (perHour float64, ok bool) {
	if within < time.Second {
		return 0, false
	}
	return math.Round((w.Engagement(to)-w.Engagement(from))/within.Hours()*100) / 100, true
}

// Popularity is
//
//	ln(1 + E), E = Engagement
//
// rounded to four decimals. The logarithm keeps one viral post from deciding a contest of thousands; the plain count always
// stands beside it, never replaced. More of anything never makes a post less popular. The result is finite and 0 or more
// for any counts, even the greatest of 64 bits with the greatest weights that a contest file may give.
func (w Weights) Popularity(m Metrics) float64 {
	e := w.Engagement(m)
	if e == 0 {
		return 0 // as nearly every post on its arrival; the logarithm costs more than the rest
	}
	return math.Round(math.Log1p(e)*1e4) / 1e4
}

func weigh(weight float64, count int64) float64 { return weight * float64(max(0, count)) }
