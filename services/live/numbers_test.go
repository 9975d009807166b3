package live

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/live/rollup"
)

var friday = time.Date(2026, 11, 27, 15, 4, 5, 0, time.UTC)

// snapshotOf is a snapshot whose view of all posts is the given one.
func snapshotOf(v rollup.View) rollup.Snapshot {
	s := rollup.Snapshot{Day: "2026-11-27", Today: true, Newest: friday}
	for i := range s.Views {
		s.Views[i] = rollup.View{Teams: make([]rollup.Team, 2), Categories: make([]int64, 4), Timeline: make([][rollup.Buckets]int64, 4)}
	}
	if v.Teams == nil {
		v.Teams = make([]rollup.Team, 2)
	}
	if v.Categories == nil {
		v.Categories = make([]int64, 4)
	}
	if v.Timeline == nil {
		v.Timeline = make([][rollup.Buckets]int64, 4)
	}
	s.Views[rollup.All] = v
	return s
}

func stateOf(t *testing.T, s rollup.Snapshot) State {
	t.Helper()
	return newState(competing(shipped(t)), time.UTC, Progress{Phase: PhaseLive, Percent: 100}, time.Time{}, s, friday)
}

func TestSharesArePercentOfAllCategories(t *testing.T) {
	t.Parallel()
	v := rollup.View{Categories: []int64{2, 1, 0, 3}, Timeline: make([][rollup.Buckets]int64, 4)}
	v.Timeline[3][25] = 3
	st := stateOf(t, snapshotOf(v))
	want := map[string]float64{"cats with images": 33.3, "cats with videos": 16.7, "dogs with images": 0, "dogs with videos": 50}
	if diff := cmp.Diff(want, st.Percent); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if got := st.Timeline["dogs with videos"]["12:30"]; got != 3 || len(st.Timeline["dogs with videos"]) != 48 {
		t.Errorf("%d posts at 12:30 in %d half hours, want 3 in 48", got, len(st.Timeline["dogs with videos"]))
	}
}

func TestADayWithoutPostsHasNumbersAndNoNewestPost(t *testing.T) {
	t.Parallel()
	s := snapshotOf(rollup.View{})
	s.Newest = time.Time{}
	st := stateOf(t, s)
	if st.Newest != "" || st.Headline.Kind != "no_posts" || st.Percent["cats with images"] != 0 || st.Popularity["dogs"] != (Popularity{}) || st.Sentiment["cats"].Mean != nil {
		t.Errorf("%+v", st)
	}
	body, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	validates(t, "a day without posts", described(t, "View"), mustPick(t, body, "organic"))
}

func TestPostsOfAWrongClockOnlyMakeNoDrought(t *testing.T) {
	t.Parallel()
	s := snapshotOf(rollup.View{Teams: []rollup.Team{{Posts: 1}, {}}})
	s.Newest = time.Time{} // none that can be
	if h := stateOf(t, s).Headline; h.Kind != "lead" {
		t.Errorf("headline %q", h.Text)
	}
}

func mustPick(t *testing.T, body []byte, member string) []byte {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	return all[member]
}

func TestTheLeadNamesOneTeamOrThoseThatShareIt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		posts [3]int64
		want  Lead
	}{
		"nobody":           {[3]int64{}, Lead{Tied: []string{}}},
		"first":            {[3]int64{9, 4, 2}, Lead{Team: "a", By: 5, Tied: []string{}}},
		"last":             {[3]int64{2, 4, 9}, Lead{Team: "c", By: 5, Tied: []string{}}},
		"middle":           {[3]int64{4, 9, 4}, Lead{Team: "b", By: 5, Tied: []string{}}},
		"two":              {[3]int64{9, 4, 9}, Lead{Tied: []string{"a", "c"}}},
		"three":            {[3]int64{9, 9, 9}, Lead{Tied: []string{"a", "b", "c"}}},
		"overtaken by one": {[3]int64{3, 3, 4}, Lead{Team: "c", By: 1, Tied: []string{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Competing{Teams: []Team{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
			teams := []rollup.Team{{Posts: test.posts[0]}, {Posts: test.posts[1]}, {Posts: test.posts[2]}}
			if diff := cmp.Diff(test.want, newLead(c, teams)); diff != "" {
				t.Errorf("lead (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLatestChangesOfTheLeadComeFirstAndAreBounded(t *testing.T) {
	t.Parallel()
	v := rollup.View{Teams: []rollup.Team{{Posts: 5}, {Posts: 4}}}
	for i := range 50 {
		v.LeadChanges = append(v.LeadChanges, rollup.LeadChange{At: friday.Add(time.Duration(i-50) * time.Minute), From: i % 2, To: 1 - i%2, Overcame: 30, Posts: 100})
	}
	st := stateOf(t, snapshotOf(v))
	if len(st.LeadChanges) != shownLeadChanges || st.LeadChanged != 50 {
		t.Fatalf("%d of %d changes, want %d of 50", len(st.LeadChanges), st.LeadChanged, shownLeadChanges)
	}
	want := LeadChange{At: "2026-11-27T15:03:05.000Z", From: "dogs", To: "cats", Overcame: 30, Upset: true}
	if diff := cmp.Diff(want, st.LeadChanges[0]); diff != "" {
		t.Errorf("latest change (-want +got):\n%s", diff)
	}
}

func TestTeamsHaveTheirShareOfPopularityTheirMoodAndPace(t *testing.T) {
	t.Parallel()
	growth, rounded := -12.345678, -12.35
	v := rollup.View{Teams: []rollup.Team{
		{Posts: 9, Popularity: 30.126, Labels: [4]int64{2, 4, 2, 1}, MeanScore: 0.12345, Engagement: 900.505, Growth: &growth, Pace: rollup.Pace{Last: 18, Previous: 16, Comparable: true}},
		{Posts: 8, Popularity: 10.042, Labels: [4]int64{8}, Pace: rollup.Pace{Last: 18, Previous: 17}},
	}}
	st := stateOf(t, snapshotOf(v))
	mean, change := 0.123, 12.5
	if diff := cmp.Diff(map[string]Popularity{"cats": {30.13, 75, 900.51, &rounded}, "dogs": {10.04, 25, 0, nil}}, st.Popularity); diff != "" {
		t.Errorf("popularity (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Sentiment{"cats": {&mean, 4, 2, 1, 2}, "dogs": {Unknown: 8}}, st.Sentiment); diff != "" {
		t.Errorf("sentiment (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Pace{"cats": {18, 16, &change}, "dogs": {Last10m: 18, Previous10m: 17}}, st.Pace); diff != "" {
		t.Errorf("pace (-want +got):\n%s", diff)
	}
}

func TestLatenciesAreThoseOfTheLastMinute(t *testing.T) {
	t.Parallel()
	var l latencies
	if got := l.of(friday); got != nil {
		t.Errorf("of no posts: %+v", got)
	}
	l.add(friday.Add(-latencySpan), time.Hour) // too long ago
	for i := range 100 {
		l.add(friday, time.Duration(100-i)*time.Millisecond)
	}
	if got := l.of(friday); got == nil || *got != (Latency{P50: 50, P95: 95}) {
		t.Errorf("of 1 to 100 ms: %+v", got)
	}
	if got := l.of(friday.Add(latencySpan)); got != nil {
		t.Errorf("a minute later: %+v", got)
	}
}
