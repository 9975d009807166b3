package contest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/pipeline/tweet"
)

const twoTeams = `name: T
teams:
  - {id: a, name: A, color: "#000000", hashtags: [a]}
  - {id: b, name: B, color: "#000001", hashtags: [b]}
rules:
  - {tag: "{team}", value: "{hashtags}"}
`

func TestWhatAContestLeavesOutHasTheDefaultOfTheShippedFile(t *testing.T) {
	t.Parallel()
	given, err := Load(shipped)
	if err != nil {
		t.Fatal(err)
	}
	none, err := Parse("contest.yaml", []byte(twoTeams))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(given.Promotional, none.Promotional); diff != "" {
		t.Errorf("promotional: contest.yaml (-) and defaults (+):\n%s", diff)
	}
	if diff := cmp.Diff(given.Popularity, none.Popularity); diff != "" {
		t.Errorf("popularity: contest.yaml (-) and defaults (+):\n%s", diff)
	}
}

func TestAContestChangesWhatItNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	c, err := Parse("contest.yaml", []byte(twoTeams+"popularity: {likes: 0}\npromotional:\n  threshold: 0.7\n  weights: {sales_talk: 0, nullcast: 0.9}\n"))
	if err != nil {
		t.Fatal(err)
	}
	popularity, promotional := tweet.DefaultWeights(), DefaultPromotional()
	popularity.Likes = 0
	promotional.Threshold, promotional.Weights.SalesTalk, promotional.Weights.Nullcast = 0.7, 0, 0.9
	if diff := cmp.Diff(popularity, c.Popularity); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(promotional, c.Promotional); diff != "" {
		t.Error(diff)
	}
}

func TestAllMistakesAboutPromotionComeInOneMessage(t *testing.T) {
	t.Parallel()
	_, err := Parse("contest.yaml", []byte(twoTeams+`promotional:
  threshold: 0
  weights:
    sales_talk: 1.5
    nullcast: much
    shouting: 1
`))
	for _, want := range []string{"promotional.threshold", "promotional.weights.sales_talk", "promotional.weights.nullcast", "shouting"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %q: %v", want, err)
		}
	}
}

func TestAShortenedLinkAloneMustNotBeEnough(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	for old, changed := range map[string]string{"shortened_link: 0.2": "shortened_link: 0.5", "threshold: 0.5": "threshold: 0.2"} {
		_, err := Parse("contest.yaml", []byte(strings.Replace(string(text), old, changed, 1)))
		if err == nil || !strings.Contains(err.Error(), "a shortened link alone") {
			t.Errorf("%s: %v", changed, err)
		}
	}
}
