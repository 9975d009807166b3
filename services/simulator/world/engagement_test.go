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

func TestTheAskedShareOfPostsIsDeletedSoonerOrLaterAndStaysDeleted(t *testing.T) {
	t.Parallel()
	e := world.Engagement{Seed: 1, HalfLife: time.Hour, Deleted: 0.1}
	gone, soon := 0, 0
	for i := range 20_000 {
		at := start().Add(time.Duration(i) * time.Second)
		id := world.FirstID(at)
		if e.Gone(id, at.Add(time.Hour)) {
			soon++
			if !e.Gone(id, at.Add(2*time.Hour)) {
				t.Fatal("a post has come back")
			}
		}
		if e.Gone(id, at.Add(1000*time.Hour)) {
			gone++
		}
	}
	if gone < 1850 || gone > 2150 || soon < 1100 || soon > 1450 {
		t.Errorf("%d of 20000 deleted, %d of them within a half-life", gone, soon)
	}
	if (world.Engagement{Seed: 1, HalfLife: time.Hour}).Gone(world.FirstID(start()), start().AddDate(1, 0, 0)) {
		t.Error("deleted, with no deletions asked for")
	}
}
