package live

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/contest"
)

func shipped(t testing.TB) *contest.Contest {
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
