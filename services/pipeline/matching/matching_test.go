package matching_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/matching"
	"catsvdogs/services/pipeline/rule"
)

func TestAPostMatchesEveryRuleThatHoldsInTheOrderOfTheContest(t *testing.T) {
	t.Parallel()
	c, err := contest.Load("../../../contest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := matching.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		post rule.Post
		want []string
	}{
		"a cat":                      {rule.Post{Hashtags: []string{"cat"}, HasImages: true}, []string{"cats with images"}},
		"a cat and a dog in a video": {rule.Post{Hashtags: []string{"puppy", "kitten"}, HasVideos: true}, []string{"cats with videos", "dogs with videos"}},
		"all at once":                {rule.Post{Hashtags: []string{"dog", "cats"}, HasVideos: true, HasImages: true}, []string{"cats with images", "dogs with images", "cats with videos", "dogs with videos"}},
		"a cat without a picture":    {rule.Post{Hashtags: []string{"cat"}}, nil},
		"a picture without a cat":    {rule.Post{HasImages: true}, nil},
	} {
		ids := map[string]bool{}
		var got []string
		for _, r := range m.Match(tt.post) {
			got = append(got, r.Tag)
			ids[r.ID] = true
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || len(ids) != len(got) {
			t.Errorf("%s: %d ids, %s", name, len(ids), diff)
		}
	}
}

func TestARuleThatDoesNotParseIsNamed(t *testing.T) {
	t.Parallel()
	_, err := matching.New(&contest.Contest{Teams: []contest.Team{{Name: "Cats"}}, Rules: []contest.Template{{Tag: "{team}", Value: "has:images"}}})
	if err == nil {
		t.Error("it is taken")
	}
}
