package e2e

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/allinone"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestEveryLineOfTheStreamIsAccountedForFromEmittedToArchived(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first := run(t, t.Context(), allinone.Config{Posts: 3000, Rate: 3000, Malformed: 0.02, Seed: 7, Data: data})
	first.balanced(t, "first run")
	if first.Posts != 3000 || first.DeadLettered == 0 || first.Emitted <= first.Posts {
		t.Errorf("3000 posts, edits and broken lines were asked for: %+v", first.counts)
	}
	for _, team := range []string{"cats", "dogs"} {
		if n := first.Teams[team]; n == 0 || n > first.Indexed {
			t.Errorf("%d of %d posts count for %s", n, first.Indexed, team)
		}
	}
	if sum := first.Teams["cats"] + first.Teams["dogs"]; sum <= first.Indexed {
		t.Errorf("no post counts for both teams: %v of %d", first.Teams, first.Indexed)
	}
	for _, name := range []string{"source_to_enriched", "source_to_live"} {
		if l := first.LatencyMS[name]; l.P50 == nil || l.P99 == nil || *l.P50 < 0 || *l.P99 < *l.P50 {
			t.Errorf("latency %s is not there", name)
		}
	}

	// The same folder again: it goes on where the first run ended.
	second := run(t, t.Context(), allinone.Config{Posts: 500, Rate: 3000, Malformed: 0, Seed: 7, Data: data})
	second.balanced(t, "second run")
	second.Total.balanced(t, "total")
	if second.DeadLettered != 0 || second.Posts != 500 {
		t.Errorf("500 posts and no broken line were asked for: %+v", second.counts)
	}
	if second.Total.Raw != first.Raw+second.Raw || second.Total.Posts != 3500 {
		t.Errorf("total is not both runs: %+v", second.Total)
	}
}

// The embedded broker compacts a topic within a minute, whatever its compaction lag says: earlier looks at an edited
// post would be gone before they are counted.
func TestNothingLeavesTheTopicsOfADemo(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	run(t, t.Context(), allinone.Config{Posts: 50, Rate: 3000, Data: data})
	cl := kafkatest.Client(t, brokerOf(t, data))
	configs, err := kadm.NewClient(cl).DescribeTopicConfigs(t.Context(), topic.Raw, topic.Enriched, topic.DeadLetter)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range configs {
		for _, setting := range c.Configs {
			if want := map[string]string{"cleanup.policy": "delete", "retention.ms": "-1"}[setting.Key]; want != "" && setting.MaybeValue() != want {
				t.Errorf("%s has %s=%s, want %s", c.Name, setting.Key, setting.MaybeValue(), want)
			}
		}
	}
	if len(configs) != 3 {
		t.Errorf("%d topics", len(configs))
	}
}

func TestAnotherContestNeedsNoOtherCode(t *testing.T) {
	t.Parallel()
	got := run(t, t.Context(), allinone.Config{
		Posts: 300, Rate: 3000, Data: t.TempDir(), Contest: "../../schemas/testdata/contest.v1/valid/three-teams.json",
	})
	got.balanced(t, "coffee, tea and water")
	for _, team := range []string{"coffee", "tea", "water"} {
		if got.Teams[team] == 0 {
			t.Errorf("no post counts for %s: %v", team, got.Teams)
		}
	}
	if len(got.Teams) != 3 {
		t.Errorf("teams: %v", got.Teams)
	}
}
