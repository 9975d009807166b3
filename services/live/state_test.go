package live

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/contest"
)

func shipped(t *testing.T) *contest.Contest {
	t.Helper()
	c, err := contest.Load("../../contest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestATeamsNameInFrontOfANounLosesItsPlural(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Cats": "Cat", "Dogs": "Dog", "Foxes": "Fox", "Finches": "Finch", "Swiss": "Swiss", "Tea": "Tea"} {
		if got := singular(name); got != want {
			t.Errorf("%s became %s, want %s", name, got, want)
		}
	}
}

func TestCategoriesOfATeamStandSideBySide(t *testing.T) {
	t.Parallel()
	want := []Category{{"cats with images", "cats"}, {"cats with videos", "cats"}, {"dogs with images", "dogs"}, {"dogs with videos", "dogs"}}
	if diff := cmp.Diff(want, competing(shipped(t)).Categories); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
}

func TestSharesArePercentOfAllCategories(t *testing.T) {
	t.Parallel()
	c := competing(shipped(t))
	s := rollup.Snapshot{Teams: make([]int64, 2), Categories: []int64{2, 1, 0, 3}, Timeline: make([][rollup.Buckets]int64, 4)}
	s.Timeline[3][25] = 3
	st := newState(c, time.UTC, Progress{}, s, time.Now())
	want := map[string]float64{"cats with images": 33.3, "cats with videos": 16.7, "dogs with images": 0, "dogs with videos": 50}
	if diff := cmp.Diff(want, st.Percent); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if got := st.Timeline["dogs with videos"]["12:30"]; got != 3 || len(st.Timeline["dogs with videos"]) != 48 {
		t.Errorf("%d posts at 12:30 in %d half hours, want 3 in 48", got, len(st.Timeline["dogs with videos"]))
	}
	if st.Newest != "" {
		t.Errorf("the newest of no posts is %q, want nothing", st.Newest)
	}
}
