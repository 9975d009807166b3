package spend

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestAReservationFitsIntoTheBudgetAndCountsAtOnce(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Daily: 5, Lookups: true}) // 1,000 posts
	r := g.Reserve(100)
	if c := g.Count(); r.Posts != 100 || c.Day != 100 || c.Month != 100 || g.posts() != 0 {
		t.Fatalf("granted %d, counted %+v", r.Posts, c)
	}
	r.Settle(60)
	r.Settle(100) // once is enough
	if c := g.Count(); c.Day != 60 || c.Month != 60 || g.posts() != 60 {
		t.Errorf("60 of 100 were billed, counted %+v", c)
	}
	read := 60
	for range 1000 {
		g.now = g.now.Add(time.Second)
		r := g.Reserve(100)
		read += r.Posts
		r.Settle(r.Posts)
	}
	if read > 980 || read < 970 {
		t.Errorf("%d of 1,000 posts were granted in all", read)
	}
	if g.Reserve(1000).Posts != 0 || g.Reserve(-1).Posts != 0 {
		t.Error("granted what is not there")
	}
	g.now = g.now.Add(12 * time.Hour)
	if n := g.Reserve(100).Posts; n != 100 {
		t.Errorf("the next day %d are granted", n)
	}
}

func TestWithoutABudgetAllIsGranted(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Lookups: true, Shared: true})
	if n := g.Reserve(100).Posts; n != 100 {
		t.Errorf("%d are granted", n)
	}
}

func TestNothingIsGrantedBeforeTheOtherProcessIsKnownAndKnowsOfThisOne(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Daily: 5, Lookups: true, Shared: true})
	g.now = g.now.Add(time.Hour)
	if n := g.Reserve(10).Posts; n != 0 {
		t.Errorf("%d are granted while nothing is known of the other", n)
	}
	g = newClocked(Options{Daily: 5, Lookups: true, Shared: true})
	g.Beside(Count{})
	if n := g.Reserve(10).Posts; n != 0 {
		t.Errorf("%d are granted at once", n)
	}
	g.now = g.now.Add(unseenWindow)
	if n := g.Reserve(10).Posts; n != 10 {
		t.Errorf("%d are granted then", n)
	}
}

func TestWhatIsReservedBeforeMidnightAndReadAfterItCountsInTheNewDay(t *testing.T) {
	t.Parallel()
	g := newClocked(Options{Daily: 5, Lookups: true})
	g.now = noon.Add(12*time.Hour - time.Second)
	r := g.Reserve(50)
	g.now = g.now.Add(2 * time.Second)
	r.Settle(40)
	if c := g.Count(); c.Day != 40 || c.Month != 40 {
		t.Errorf("counted %+v", c)
	}
}

func TestOnlyAStreamHasAShareToTell(t *testing.T) {
	t.Parallel()
	for lookups, want := range map[bool]int{true: 0, false: 1} {
		g := newClocked(Options{Service: "made_up", Lookups: lookups})
		if n, err := testutil.GatherAndCount(g.registry, "catsvdogs_made_up_sample_percent"); n != want || err != nil {
			t.Errorf("lookups %v: %d, %v", lookups, n, err)
		}
	}
}
