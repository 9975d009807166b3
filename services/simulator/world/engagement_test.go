package world_test

import (
	"slices"
	"testing"
	"time"

	"catsvdogs/services/simulator/world"
)

func TestEngagementGrowsToALogNormalEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, catsAndDogs()...)
	e := world.Engagement{Seed: 3, HalfLife: time.Hour}
	var ends []int
	run(w, 20_000, func(p *world.Post) {
		if p.IsEdit() || p.Relation == world.Retweets {
			return
		}
		before := p.Metrics
		if e.At(p, p.At) != before || e.At(p, p.At.Add(-time.Hour)) != before {
			t.Fatalf("%+v at once, was %+v", e.At(p, p.At), before)
		}
		for age := time.Minute; age < 40*time.Hour; age *= 3 {
			m := e.At(p, p.At.Add(age))
			if m.Likes < before.Likes || m.Retweets < before.Retweets || m.Replies < before.Replies || m.Quotes < before.Quotes ||
				m.Bookmarks < before.Bookmarks || m.Impressions < before.Impressions || m.Likes > m.Impressions {
				t.Fatalf("%+v after %v, before that %+v", m, age, before)
			}
			before = m
		}
		end := e.At(p, p.At.Add(100*time.Hour))
		if end != e.At(p, p.At.Add(100*time.Hour)) {
			t.Fatal("asked twice, told two things")
		}
		half := e.At(p, p.At.Add(time.Hour)).Likes - p.Metrics.Likes
		if d := end.Likes - p.Metrics.Likes - 2*half; d < -1 || d > 2 {
			t.Fatalf("%d likes at half-life of %d", half, end.Likes)
		}
		ends = append(ends, end.Likes)
	})
	slices.Sort(ends)
	if median, high := ends[len(ends)/2], ends[len(ends)*99/100]; median < 3 || median > 6 || high < 150 || high > 400 {
		t.Errorf("median %d, 99th percentile %d of %d posts", median, high, len(ends))
	}
}

func TestTheAskedSharesOfPostsAreLostSoonerOrLaterAndStayLost(t *testing.T) {
	t.Parallel()
	e := world.Engagement{Seed: 1, HalfLife: time.Hour, Deleted: 0.1, Protected: 0.05}
	all, soon := map[world.Loss]int{}, map[world.Loss]int{}
	for i := range 20_000 {
		at := start().Add(time.Duration(i) * time.Second)
		id := world.FirstID(at)
		if why, since := e.Lost(id, at.Add(time.Hour)); why != "" {
			soon[why]++
			if again, still := e.Lost(id, at.Add(9*time.Hour)); again != why || !still.Equal(since) || since.After(at.Add(time.Hour)) || since.Before(at) {
				t.Fatalf("%s at %v, later %s at %v", why, since, again, still)
			}
			if before, _ := e.Lost(id, since.Add(-1)); before != "" {
				t.Fatalf("%s before its moment", before)
			}
		}
		why, _ := e.Lost(id, at.Add(1000*time.Hour))
		all[why]++
	}
	// Those that are drawn for both are lost for the earlier reason.
	if n := all[world.Deleted]; n < 1800 || n > 2100 || soon[world.Deleted] < 1050 || soon[world.Deleted] > 1450 {
		t.Errorf("%d of 20000 deleted, %d of them within a half-life", n, soon[world.Deleted])
	}
	if n := all[world.Protected]; n < 870 || n > 1070 || soon[world.Protected] < 500 || soon[world.Protected] > 750 {
		t.Errorf("%d of 20000 protected, %d of them within a half-life", n, soon[world.Protected])
	}
	if why, _ := (world.Engagement{Seed: 1, HalfLife: time.Hour}).Lost(world.FirstID(start()), start().AddDate(1, 0, 0)); why != "" {
		t.Errorf("%s, with no losses asked for", why)
	}
}

// A demo of ten minutes has some thousand posts and a half-life of seconds; a few of them must go far beyond the others.
func TestOfAThousandPostsAFewGoViralWithinAMinuteWhenTheHalfLifeIsSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, catsAndDogs()...)
	e := world.Engagement{Seed: 3, HalfLife: 15 * time.Second}
	var after []int
	total := 0
	run(w, 1000, func(p *world.Post) {
		if p.IsEdit() || p.Relation == world.Retweets {
			return
		}
		m := e.At(p, p.At.Add(time.Minute))
		after = append(after, m.Likes)
		total += m.Likes
	})
	slices.Sort(after)
	top := 0
	for _, likes := range after[len(after)*99/100:] {
		top += likes
	}
	if median := after[len(after)/2]; median < 2 || median > 7 || after[len(after)-1] < 100*median || top*10 < total {
		t.Errorf("median %d, most %d, %d of %d likes go to one post in a hundred", median, after[len(after)-1], top, total)
	}
}
