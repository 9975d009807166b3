package world_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/world"
)

func start() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func catsAndDogs() []string {
	return []string{
		"(#cat OR #kitty OR #cats OR #kitten) has:images", "(#dog OR #doggo OR #doggy OR #puppy) has:images",
		"(#cat OR #kitty OR #cats OR #kitten) has:videos", "(#dog OR #doggo OR #doggy OR #puppy) has:videos",
	}
}

func parse(t testing.TB, values ...string) []*rule.Rule {
	t.Helper()
	var rules []*rule.Rule
	for _, v := range values {
		r, err := rule.Parse(v)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

// run lets the given number of arrivals take place and hands over each post.
func run(w *world.World, arrivals int, each func(*world.Post)) (posts int) {
	for range arrivals {
		if p := w.Next(); p != nil {
			posts++
			each(p)
		}
	}
	return posts
}

func newWorld(t testing.TB, seed uint64, rules ...string) *world.World {
	t.Helper()
	w := world.New(seed, 100, start())
	w.SetRules(parse(t, rules...))
	return w
}

func TestEveryPostMatchesTheRulesItNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, catsAndDogs()...)
	perRule := make([]int, 4)
	posts := run(w, 5000, func(p *world.Post) {
		if len(p.Matched) == 0 || !slices.IsSorted(p.Matched) {
			t.Fatalf("matched %v", p.Matched)
		}
		for _, m := range p.Matched {
			perRule[m]++
		}
	})
	if posts < 4900 {
		t.Errorf("%d posts of 5000 arrivals: the rate must be that of delivered posts", posts)
	}
	for i, n := range perRule {
		if n < posts/20 {
			t.Errorf("rule %d matched %d of %d posts", i, n, posts)
		}
	}
}

func TestIDsStrictlyIncreaseAndCarryTheMomentOfEmission(t *testing.T) {
	t.Parallel()
	w := world.New(1, 50_000, start())
	w.SetRules(parse(t, catsAndDogs()...))
	last, at := uint64(0), start()
	run(w, 20_000, func(p *world.Post) {
		if p.ID <= last {
			t.Fatalf("id %d after %d", p.ID, last)
		}
		if p.At.Before(at) {
			t.Fatalf("%v after %v", p.At, at)
		}
		if ms := int64(p.ID>>22) + 1288834974657; ms != p.At.UnixMilli() {
			t.Fatalf("id says %d, post %d", ms, p.At.UnixMilli())
		}
		last, at = p.ID, p.At
	})
}

func TestEntitiesAreWhereTheTextHasThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, catsAndDogs()...)
	run(w, 5000, func(p *world.Post) {
		for q := p; q != nil; q = q.Refers {
			text := []rune(q.Text)
			cut := func(s world.Span) string {
				if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
					t.Fatalf("span %v in %q", s, q.Text)
				}
				return string(text[s.Start:s.End])
			}
			for _, h := range q.Hashtags {
				if got := cut(h.Span); got != "#"+h.Tag || h.Lower != strings.ToLower(h.Tag) {
					t.Fatalf("hashtag %q is %q in %q", h.Tag, got, q.Text)
				}
			}
			for _, m := range q.Mentions {
				if got := cut(m.Span); got != "@"+m.User.Username {
					t.Fatalf("mention %q is %q in %q", m.User.Username, got, q.Text)
				}
			}
			for _, u := range q.URLs {
				if got := cut(u.Span); got != u.Short {
					t.Fatalf("link %q is %q in %q", u.Short, got, q.Text)
				}
			}
			if strings.ContainsAny(q.Text, "{}") || !utf8.ValidString(q.Text) || len(text) > 400 || (q.Relation != world.Retweets && len(text) > 340) {
				t.Fatalf("text %q", q.Text)
			}
		}
	})
}

func TestTheWorldIsAsVariedAsItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, catsAndDogs()...)
	n := map[string]int{}
	authors := map[string]int{}
	langs := map[string]int{}
	firsts := map[uint64]bool{}
	posts := run(w, 20_000, func(p *world.Post) {
		authors[p.Author.Username]++
		langs[p.Lang]++
		n[string(p.Relation)]++
		if p.IsEdit() {
			n["edit"]++
			if !firsts[p.First] || p.History[0] != p.First || p.History[len(p.History)-1] != p.ID || len(p.History) > 4 || !slices.IsSorted(p.History) {
				t.Fatalf("edit %d of %d: history %v", p.ID, p.First, p.History)
			}
			return
		}
		firsts[p.ID] = true
		if p.Paid {
			n["paid"]++
		}
		if p.Relation == world.Quotes && len(p.Media) == 0 {
			n["only the quoted picture"]++
		}
		cat, dog := false, false
		for _, m := range p.Matched {
			cat, dog = cat || m%2 == 0, dog || m%2 == 1
		}
		if cat && dog {
			n["both"]++
		}
		kinds := map[world.MediaType]bool{}
		for _, m := range p.Media {
			kinds[m.Type] = true
			n[string(m.Type)]++
		}
		if kinds[world.Photo] && kinds[world.Video] {
			n["photo and video"]++
		}
		if !strings.HasPrefix(p.Author.Username, "sim_") || !strings.HasSuffix(p.Author.Name, "(simulated)") || len(p.Author.Username) > 15 {
			t.Fatalf("author %+v does not look simulated", p.Author)
		}
	})
	// Shares of 100 posts, from and to.
	for what, bounds := range map[string][2]float64{
		"edit": {2, 6}, "paid": {1.5, 4.5}, "both": {2.5, 8}, "quoted": {3, 9}, "replied_to": {5, 11}, "retweeted": {1, 4},
		"only the quoted picture": {1, 6}, "photo": {50, 200}, "video": {15, 45}, "photo and video": {2, 12}, "animated_gif": {0.05, 12},
	} {
		if share := 100 * float64(n[what]) / float64(posts); share < bounds[0] || share > bounds[1] {
			t.Errorf("%s: %.2f %% of posts, want %v", what, share, bounds)
		}
	}
	if len(langs) < 6 || langs["en"] < posts/2 {
		t.Errorf("languages %v", langs)
	}
	most := 0
	for _, n := range authors {
		most = max(most, n)
	}
	if len(authors) < 1000 || most < posts/200 || most > posts/20 {
		t.Errorf("%d authors, the busiest with %d of %d posts", len(authors), most, posts)
	}
}

func TestTheSameSeedTellsTheSame(t *testing.T) {
	t.Parallel()
	tell := func(from time.Time) (ids []uint64, texts []string) {
		w := world.New(9, 100, from)
		w.SetRules(parse(t, catsAndDogs()...))
		run(w, 3000, func(p *world.Post) { ids, texts = append(ids, p.ID), append(texts, p.Author.Username+p.Text) })
		return ids, texts
	}
	ids, texts := tell(start())
	again, textsAgain := tell(start())
	if !slices.Equal(ids, again) || !slices.Equal(texts, textsAgain) {
		t.Error("the same seed and start gave other posts")
	}
	// Links to a post in its own text carry no id, so texts can be compared
	// across starts.
	later, textsLater := tell(start().Add(7 * time.Hour))
	if slices.Equal(ids, later) || !slices.Equal(texts, textsLater) {
		t.Error("another start must change ids and nothing that is said")
	}
}

func TestTheRateIsTheMeanOverADay(t *testing.T) {
	t.Parallel()
	const rate = 1.0
	w := world.New(4, rate, start())
	w.SetRules(parse(t, "#cat"))
	end := start().Add(24 * time.Hour)
	posts, busiest, quietest := 0, 0, 0
	for w.Due().Before(end) {
		p := w.Next()
		if p == nil || p.IsEdit() {
			continue
		}
		posts++
		switch p.At.Hour() {
		case 19:
			busiest++
		case 7:
			quietest++
		}
	}
	if mean := float64(posts) / 86400; mean < 0.93*rate || mean > 1.07*rate {
		t.Errorf("%.3f posts a second, want %v", mean, rate)
	}
	if ratio := float64(busiest) / float64(quietest); ratio < 1.8 || ratio > 3 {
		t.Errorf("busiest hour %d, quietest %d posts", busiest, quietest)
	}
}

func TestTheLeadChanges(t *testing.T) {
	t.Parallel()
	w := world.New(2, 20, start())
	w.SetRules(parse(t, catsAndDogs()...))
	cats, dogs, changes, leader := 0, 0, 0, 0
	run(w, 20*60*20, func(p *world.Post) {
		for _, m := range p.Matched {
			if m%2 == 0 {
				cats++
			} else {
				dogs++
			}
		}
		now := 0
		if cats > dogs+10 {
			now = 1
		} else if dogs > cats+10 {
			now = 2
		}
		if now != 0 && now != leader {
			leader = now
			changes++
		}
	})
	if changes < 4 {
		t.Errorf("in 20 minutes the lead was taken %d times (%d cats, %d dogs)", changes, cats, dogs)
	}
}

func TestAHurryChangesWhenPostsComeAndNothingElse(t *testing.T) {
	t.Parallel()
	hurried, calm := newWorld(t, 1, catsAndDogs()...), newWorld(t, 1, catsAndDogs()...)
	hurried.Hurry(10)
	texts := func(w *world.World) (said []string) {
		run(w, 3000, func(p *world.Post) {
			if !p.IsEdit() { // edits have their own times
				said = append(said, p.Text)
			}
		})
		return said
	}
	fast, slow := texts(hurried), texts(calm)
	if times := float64(calm.Due().Sub(start())) / float64(hurried.Due().Sub(start())); times < 8 || times > 12 {
		t.Errorf("%.1f times as many posts", times)
	}
	if n := min(len(fast), len(slow)); n < 100 || !slices.Equal(fast[:n], slow[:n]) {
		t.Errorf("%d posts do not say the same", n)
	}
}
