package world_test

import (
	"testing"
	"time"

	"catsvdogs/services/simulator/world"
)

func TestAnyTeamsFillTheStream(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string][]string{
		"coffee v tea":  {"#coffee", "#tea"},
		"three teams":   {"(#red OR #crimson) has:media", "#green has:media", "#blue has:media"},
		"other script":  {"#кошка has:images", "#собака has:images"},
		"only a word":   {"puppy"},
		"GIFs or links": {"#cat has:media -has:images -has:videos", "#tea has:links"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, rules...)
			perRule := make([]int, len(rules))
			run(w, 2000, func(p *world.Post) {
				for _, m := range p.Matched {
					perRule[m]++
				}
			})
			for i, n := range perRule {
				if n < 100 {
					t.Errorf("%q matched %d of 2000 arrivals", rules[i], n)
				}
			}
		})
	}
}

func TestOperatorsThinTheStreamOutInsteadOfBeingWorkedAround(t *testing.T) {
	t.Parallel()
	for value, bounds := range map[string][2]int{
		"#cat":                {4900, 5000},
		"#cat sample:10":      {400, 600},
		"#cat lang:ja":        {200, 400},
		"#cat -is:retweet":    {4750, 4950},
		"#cat is:reply":       {300, 520},
		"#cat from:nobody":    {0, 0},
		"#cat -has:mentions ": {3000, 5000},
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 6, value)
			n := 0
			for arrivals := 0; arrivals < 5000; arrivals++ {
				if p := w.Next(); p != nil {
					if p.IsEdit() {
						arrivals-- // an edit takes no arrival
						continue
					}
					n++
				}
			}
			if n < bounds[0] || n > bounds[1] {
				t.Errorf("%d of 5000 arrivals came through, want %v", n, bounds)
			}
		})
	}
}

func TestNewRulesChangeWhatComesNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, "#coffee")
	has := func(p *world.Post, tag string) bool {
		for _, h := range p.Hashtags {
			if h.Lower == tag {
				return true
			}
		}
		return p.Relation == world.Quotes && has2(p.Refers, tag)
	}
	run(w, 500, func(p *world.Post) {
		if !has(p, "coffee") {
			t.Fatalf("%q is not about coffee", p.Text)
		}
	})
	w.SetRules(parse(t, "#tea"))
	// Edits of posts about coffee are due by now; the rules no longer ask for
	// them.
	run(w, 2000, func(p *world.Post) {
		if !has(p, "tea") {
			t.Fatalf("%q is not about tea", p.Text)
		}
	})
	w.SetRules(nil)
	if n := run(w, 100, func(*world.Post) {}); n != 0 {
		t.Errorf("%d posts without a rule", n)
	}
}

func has2(p *world.Post, tag string) bool {
	for _, h := range p.Hashtags {
		if h.Lower == tag {
			return true
		}
	}
	return false
}

func TestARevisedPostIsEditedWithTheNextArrivalAndNotOnceMoreThanXAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, "#cat")
	var p *world.Post
	for p == nil || p.IsEdit() || p.Relation != "" {
		p = w.Next()
	}
	first := p.Clone()
	for version := 2; w.Revise(p); version++ {
		if version > 5 {
			t.Fatal("a post is edited without end")
		}
		old := p.ID
		next := w.Next()
		if next == nil || next.First != first.ID || len(next.History) != version || next.History[version-2] != old || next.ID <= old {
			t.Fatalf("version %d: %+v", version, next)
		}
		p = next.Clone()
	}
	if len(p.History) != 4 || first.Text == p.Text {
		t.Errorf("%d versions, from %q to %q", len(p.History), first.Text, p.Text)
	}
}

func TestAdvanceDropsWhatWasDueAndNeverGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, "#cat")
	later := start().Add(time.Hour)
	w.Advance(later)
	if due := w.Due(); due.Before(later) || due.After(later.Add(time.Minute)) {
		t.Errorf("due at %v after advancing to %v", due, later)
	}
	due := w.Due()
	w.Advance(start())
	if !w.Due().Equal(due) {
		t.Errorf("the clock went from %v to %v", due, w.Due())
	}
}

func BenchmarkNext(b *testing.B) {
	w := newWorld(b, 1, catsAndDogs()...)
	b.ReportAllocs()
	for b.Loop() {
		w.Next()
	}
}
