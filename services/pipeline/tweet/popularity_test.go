package tweet

import (
	"math"
	"math/rand/v2"
	"testing"
)

// counts returns the fields of m that have a weight.
func counts(m *Metrics) []*int64 {
	return []*int64{&m.Retweets, &m.Replies, &m.Likes, &m.Quotes, m.Bookmarks}
}

// randomLook draws weights as a contest file may give them, 0 among them, and counts of all sizes.
func randomLook(rng *rand.Rand) (Weights, Metrics) {
	weight := func() float64 { return float64(rng.IntN(3)) / 2 * math.Pow(10, rng.Float64()*3) }
	w := Weights{Retweets: weight(), Replies: weight(), Likes: weight(), Quotes: weight(), Bookmarks: weight()}
	m := Metrics{Bookmarks: new(int64)}
	for _, n := range counts(&m) {
		*n = rng.Int64() >> rng.IntN(64)
	}
	return w, m
}

func TestMoreOfAnythingNeverMakesAPostLessPopular(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	rose := 0
	for range 20_000 {
		w, m := randomLook(rng)
		before := w.Popularity(m)
		if math.IsNaN(before) || math.IsInf(before, 0) || before < 0 || before > 55 {
			t.Fatalf("%+v of %+v is %v", w, m, before)
		}
		n := counts(&m)[rng.IntN(5)]
		*n += (math.MaxInt64 - *n) >> rng.IntN(64)
		after := w.Popularity(m)
		if after < before {
			t.Fatalf("%+v: %v, with more %v", w, before, after)
		}
		if after > before {
			rose++
		}
	}
	if rose < 5000 {
		t.Errorf("it rose only %d times", rose)
	}
}

func TestPopularityStaysANumberAtTheEnds(t *testing.T) {
	t.Parallel()
	most, least := int64(math.MaxInt64), int64(math.MinInt64)
	for _, c := range []struct {
		weights Weights
		metrics Metrics
		want    float64
	}{
		{Weights{1000, 1000, 1000, 1000, 1000}, Metrics{Retweets: most, Replies: most, Likes: most, Quotes: most, Bookmarks: &most}, 52.1855},
		{Weights{}, Metrics{Retweets: most, Replies: most, Likes: most, Quotes: most, Bookmarks: &most}, 0},
		{DefaultWeights(), Metrics{Retweets: least, Replies: least, Likes: least, Quotes: least, Bookmarks: &least}, 0},
		{DefaultWeights(), Metrics{Impressions: &most}, 0},
	} {
		if got := c.weights.Popularity(c.metrics); got != c.want {
			t.Errorf("%+v: %v, want %v", c.metrics, got, c.want)
		}
	}
}

func TestAWeightOfZeroLeavesACountOut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	for range 1000 {
		w, m := randomLook(rng)
		w.Likes = 0
		before := w.Popularity(m)
		m.Likes = rng.Int64()
		if after := w.Popularity(m); after != before {
			t.Fatalf("%+v: %v became %v", w, before, after)
		}
	}
}
