package chronicle_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/world"
)

func start() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func asked(t testing.TB, values ...string) *chronicle.Asked {
	t.Helper()
	var rules []*rule.Rule
	var matching [][]byte
	for _, value := range values {
		r, err := rule.Parse(value)
		if err != nil {
			t.Fatal(err)
		}
		rules, matching = append(rules, r), append(matching, []byte(value))
	}
	return chronicle.NewAsked(rules, matching, values)
}

func catsAndDogs(t testing.TB) *chronicle.Asked {
	return asked(t, "(#cat OR #kitten) has:images", "(#dog OR #puppy) has:images", "(#cat OR #kitten) has:videos", "(#dog OR #puppy) has:videos")
}

// life makes posts and remembers them all.
type life struct {
	world     *world.World
	chronicle *chronicle.Chronicle
	asked     *chronicle.Asked
	now       time.Time
}

func newLife(t testing.TB, limit int) *life {
	l := &life{world: world.New(3, 100, start()), asked: catsAndDogs(t), now: start()}
	l.chronicle = chronicle.New(l.world, world.Engagement{Seed: 3, HalfLife: time.Hour}, limit)
	l.world.SetEra(l.asked.Era)
	return l
}

// live makes n posts, all of which are handed over.
func (l *life) live(n int) (made []*world.Post) {
	for len(made) < n {
		if p := l.world.Next(); p != nil {
			l.chronicle.Add(p, l.asked, true)
			made = append(made, p.Clone())
			l.now = p.At
		}
	}
	return made
}

func TestAPostIsMadeAgainAsItWas(t *testing.T) {
	t.Parallel()
	l := newLife(t, 100_000)
	made := l.live(3000)
	l.asked = asked(t, "#tea", "#coffee has:images")
	l.world.SetEra(l.asked.Era)
	made = append(made, l.live(1500)...)
	again := l.chronicle.After(0, 1<<63, 10_000)
	if len(again) != len(made) {
		t.Fatalf("%d of %d", len(again), len(made))
	}
	edits := 0
	for i, p := range made {
		if p.IsEdit() {
			edits++
		}
		if diff := cmp.Diff(p, again[i].Post); diff != "" {
			t.Fatalf("post %d (-was +is):\n%s", i, diff)
		}
	}
	if edits < 50 {
		t.Errorf("only %d edits", edits)
	}
}

func (l *life) query(t testing.TB, value string) chronicle.Query {
	t.Helper()
	r, err := rule.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	return chronicle.Query{Rule: r, From: start().Add(-time.Hour), To: l.now.Add(time.Hour)}
}

func TestSearchFindsTheLatestVersionOfWhatMatchesNewestFirst(t *testing.T) {
	t.Parallel()
	l := newLife(t, 100_000)
	made := l.live(6000) // more than one step of the scan
	// The first query is a rule that was in force, the second never was.
	for _, value := range []string{"(#cat OR #kitten) has:images", "#dog -#puppy lang:en"} {
		q := l.query(t, value)
		latest := map[uint64]uint64{}
		by := l.world.Remaker()
		for _, p := range made {
			if q.Rule != nil && p.Relation != world.Retweets && by.Matches(q.Rule, p) {
				latest[p.First] = p.ID
			}
		}
		for first, id := range latest {
			for _, p := range made {
				if p.First == first && p.ID > id {
					delete(latest, first) // an edit never changes what matches
				}
			}
		}
		found, more, err := l.chronicle.Find(t.Context(), q, 10_000, l.now)
		if err != nil || more || len(found) != len(latest) || len(found) < 300 {
			t.Fatalf("%s: %d posts, want %d; more %v, %v", value, len(found), len(latest), more, err)
		}
		for i, p := range found {
			if latest[p.First] != p.ID || i > 0 && p.ID >= found[i-1].ID || p.History[len(p.History)-1] != p.ID {
				t.Fatalf("%s: %d of %v after %d", value, p.ID, p.History, i)
			}
		}
		counted := 0
		if err := l.chronicle.Tally(t.Context(), q, l.now, func(time.Time) { counted++ }); err != nil || counted != len(found) {
			t.Errorf("%s: %d counted, %v", value, counted, err)
		}
		q.Since, q.Until = found[200].ID, found[99].ID
		between, more, err := l.chronicle.Find(t.Context(), q, 60, l.now)
		if err != nil || !more || len(between) != 60 || between[0].ID != found[100].ID {
			t.Errorf("%s: %d posts, more %v, %v", value, len(between), more, err)
		}
	}
}

func TestAnOldVersionIsLookedUpWithTheWholeHistory(t *testing.T) {
	t.Parallel()
	l := newLife(t, 100_000)
	edits := 0
	for _, p := range l.live(3000) {
		if !p.IsEdit() {
			continue
		}
		edits++
		got := l.chronicle.Get([]uint64{p.First, p.ID, 7}, l.now)
		if got[0] == nil || got[1] == nil || got[2] != nil || got[0].ID != p.First || got[1].Text != p.Text {
			t.Fatalf("%+v", got)
		}
		if diff := cmp.Diff(got[0].History, got[1].History); diff != "" || len(got[0].History) < 2 {
			t.Fatalf("histories of two versions: %s", diff)
		}
	}
	if edits == 0 {
		t.Error("no edits")
	}
}

func TestMemoryIsBoundedByNumberByAgeAndByRuleSets(t *testing.T) {
	t.Parallel()
	l := newLife(t, 500)
	made := l.live(5000)
	if n := l.chronicle.Len(); n != 500 {
		t.Errorf("%d posts, want 500", n)
	}
	got := l.chronicle.Get([]uint64{made[4999].ID, made[4400].ID}, l.now)
	if got[0] == nil || got[1] != nil {
		t.Errorf("newest and oldest: %v", got)
	}
	l.world.Advance(l.now.Add(chronicle.MaxAge + time.Hour))
	l.live(1)
	if n := l.chronicle.Len(); n != 1 {
		t.Errorf("%d posts a week later", n)
	}
	for range 2000 { // each rule set brings one post
		l.asked = catsAndDogs(t)
		l.world.SetEra(l.asked.Era)
		l.live(1)
	}
	if n := l.chronicle.Len(); n > 500 || n < 400 {
		t.Errorf("%d posts of as many rule sets", n)
	}
}

func TestAPostIsBilledOnceInAUTCDay(t *testing.T) {
	t.Parallel()
	l := newLife(t, 1000)
	made := l.live(10)
	for range 3 {
		l.chronicle.Bill(start(), made[0].ID, made[1].ID, 99)
	}
	tomorrow := start().AddDate(0, 0, 1)
	l.chronicle.Bill(tomorrow, made[0].ID)
	l.chronicle.Bill(tomorrow.Truncate(24*time.Hour).Add(24*time.Hour-1), made[0].ID)
	if a, b := l.chronicle.Billed(start()), l.chronicle.Billed(tomorrow); a != 2 || b != 1 {
		t.Errorf("%d and %d, want 2 and 1", a, b)
	}
	l.chronicle.Bill(start().AddDate(0, 0, 91), made[0].ID)
	if n := l.chronicle.Billed(start()); n != 0 {
		t.Errorf("%d after 91 days", n)
	}
}

func TestAnEditIsOfAKnownPostOnlyWhenAVersionReachedTheClient(t *testing.T) {
	t.Parallel()
	l := newLife(t, 1000)
	p := &world.Post{}
	for p.ID == 0 || p.Relation == world.Retweets {
		p = l.world.Next().Clone()
	}
	first := p.Clone()
	l.chronicle.Add(p, l.asked, false)
	revise := func(handed bool) (known bool) {
		if !l.world.Revise(p) {
			t.Fatal("not edited")
		}
		p = l.world.Next().Clone()
		return l.chronicle.Add(p, l.asked, handed)
	}
	if revise(true) {
		t.Error("known, though nothing of it was handed over")
	}
	l.chronicle.Withdraw(p.ID, true) // the line was cut
	if revise(true) {
		t.Error("known, though its only line was cut")
	}
	if !revise(true) {
		t.Error("not known")
	}
	l.chronicle.Tell(first.ID)
	if n := l.chronicle.Found(); n != 0 {
		t.Errorf("%d posts are new by search, and the stream had it", n)
	}
}

func TestACensusCountsWhatWasGivenOutWhereverMemoryBegins(t *testing.T) {
	t.Parallel()
	l := newLife(t, 9000)
	made := l.live(12_000) // more than one step of the census, and more than is remembered
	unseen := map[uint64]bool{}
	for i := 0; i < 500; i++ { // made while nobody was there
		if p := l.world.Next(); p != nil {
			l.chronicle.Add(p, l.asked, false)
			unseen[p.First] = true
			l.now = p.At
		}
	}
	for _, p := range made {
		delete(unseen, p.First) // only its edit was missed
	}
	var found uint64
	for id := range unseen {
		if l.chronicle.Whereabouts(id, l.now).Made {
			found = id
			break
		}
	}
	l.chronicle.Tell(found)
	later := l.now.Add(time.Hour)
	want := map[uint64][]int{}
	for _, p := range made {
		if l.chronicle.Whereabouts(p.First, later).Made {
			want[p.First] = p.Matched
		}
	}
	got, last := map[uint64][]int{}, uint64(0)
	l.chronicle.Census(later, func(s chronicle.Standing) {
		if s.First <= last {
			t.Fatalf("%d after %d", s.First, last)
		}
		last = s.First
		got[s.First] = slices.Clone(s.Matched)
		one, known := l.chronicle.Stand(s.First, later)
		if p := l.chronicle.Get([]uint64{s.First}, later)[0]; !known || p == nil || s.Metrics != p.Metrics || one.Metrics != p.Metrics || s.Lost != "" {
			t.Fatalf("%+v, by itself %+v, looked up %+v", s, one, p)
		}
	})
	if _, there := got[found]; !there || found == 0 {
		t.Errorf("%d was given out by search and is not in the census", found)
	}
	delete(got, found)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 7000 {
		t.Errorf("%d posts (-want +got):\n%.2000s", len(want), diff)
	}
	if w := l.chronicle.Whereabouts(made[0].ID, later); w.Made || !w.Forgotten || w.Lost != "" {
		t.Errorf("a post beyond memory: %+v", w)
	}
	if w := l.chronicle.Whereabouts(made[11_999].ID+1<<16, later); w.Made || w.Forgotten {
		t.Errorf("an id that no post has: %+v", w)
	}
}

func TestAPostThatAFaultDeletedIsLostFromThenOnWithAllItsVersions(t *testing.T) {
	t.Parallel()
	l := newLife(t, 100_000)
	made := l.live(3000)
	at := l.now.Add(time.Minute)
	if n := l.chronicle.DeleteNewest(1000, at); n != 1000 {
		t.Fatalf("%d", n)
	}
	lost := map[uint64]bool{}
	for _, p := range made[2000:] {
		lost[p.First] = true
	}
	versions := 0
	for _, p := range made {
		before, after := l.chronicle.Whereabouts(p.ID, at.Add(-1)), l.chronicle.Whereabouts(p.ID, at)
		if before.Lost != "" || (after.Lost == world.Deleted) != lost[p.First] || lost[p.First] && !after.Since.Equal(at) {
			t.Fatalf("%+v, then %+v", before, after)
		}
		if lost[p.First] {
			versions++
		}
	}
	if versions <= 1000 {
		t.Errorf("%d versions of the last 1000 show no edit", versions)
	}
}

func BenchmarkSearchOfWhatNobodyAskedFor(b *testing.B) {
	l := newLife(b, 100_000)
	l.live(20_000)
	q := l.query(b, "#cat #dog lang:ja")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := l.chronicle.Find(b.Context(), q, 20_000, l.now); err != nil {
			b.Fatal(err)
		}
	}
}
