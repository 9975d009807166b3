package rollup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/live/rollup"
)

var (
	shape = rollup.Shape{
		Teams:      []string{"cats", "dogs"},
		Categories: []string{"cats with images", "cats with videos", "dogs with images", "dogs with videos"},
	}
	noon = time.Date(2026, 11, 23, 12, 10, 0, 0, time.UTC)
)

const plenty = 1_000_000

var week = rollup.Bounds{Days: 8, Posts: plenty}

func newRollup(t testing.TB, zone *time.Location, bounds rollup.Bounds, now time.Time) *rollup.Rollup {
	t.Helper()
	r, err := rollup.New(shape, zone, bounds, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func post(id string, arrived time.Time, categories ...string) rollup.Observation {
	return rollup.Observation{ID: id, ArrivedAt: arrived, ObservedAt: arrived, Categories: categories, Teams: teamsOf(categories)}
}

func teamsOf(categories []string) (teams []string) {
	for _, team := range shape.Teams {
		for _, c := range categories {
			if c[:4] == team {
				teams = append(teams, team)
				break
			}
		}
	}
	return teams
}

func all(r *rollup.Rollup) rollup.View { return r.Snapshot().Views[rollup.All] }

func TestANewestVersionReplacesWhatAPostCountsForButNeverMovesIt(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	first := post("1", noon.Add(-2*time.Hour), "cats with images")
	edit := post("1", noon, "cats with images", "dogs with videos")
	late := post("1", noon.Add(-time.Hour), "dogs with images")
	var got []rollup.Outcome
	for _, o := range []rollup.Observation{first, first, edit, late} {
		got = append(got, r.Apply(o))
	}
	want := []rollup.Outcome{rollup.Counted, rollup.Repeated, rollup.Revised, rollup.Repeated}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	s := all(r)
	if s.Total != 1 || s.SeveralTeams != 1 || !cmp.Equal(s.Categories, []int64{1, 0, 0, 1}) {
		t.Errorf("total %d, for several teams %d, categories %v; want one post with the edit's categories", s.Total, s.SeveralTeams, s.Categories)
	}
	if s.Timeline[3][20] != 1 || s.Timeline[3][24] != 0 {
		t.Errorf("the edit's category stands at 10:00 %d and at 12:00 %d times, want it where the post arrived", s.Timeline[3][20], s.Timeline[3][24])
	}
}

func TestADeletedPostStaysAwayWhenAnOlderCopyComesLate(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	copied := post("1", noon.Add(-time.Minute), "cats with images")
	gone := rollup.Observation{ID: "1", Deleted: true, ObservedAt: noon}
	r.Apply(copied)
	if got := r.Apply(gone); got != rollup.Removed {
		t.Errorf("deletion gave %q, want %q", got, rollup.Removed)
	}
	r.Apply(copied)
	if s := all(r); s.Total != 0 || s.Categories[0] != 0 || s.Timeline[0][24] != 0 {
		t.Errorf("after the deletion and a late copy: %+v, want nothing counted", s)
	}
	r.Apply(post("1", noon.Add(time.Second), "dogs with images"))
	if s := all(r); s.Total != 1 || s.Teams[1].Posts != 1 {
		t.Errorf("after a look that is newer than the deletion: %+v, want the post back", s)
	}
}

func TestAPostFromBeforeMidnightIsNotCountedAgainAfterIt(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	r := newRollup(t, time.UTC, week, midnight.Add(-time.Minute))
	r.Apply(post("1", midnight.Add(-time.Second), "cats with images"))
	// Stamped by a clock that is a moment ahead of ours.
	r.Apply(post("2", midnight.Add(time.Millisecond), "cats with images"))
	if s := all(r); s.Total != 1 {
		t.Errorf("before midnight %d posts, want 1", s.Total)
	}
	if !r.Advance(midnight) {
		t.Error("midnight did not begin a new day")
	}
	if got := r.Apply(post("1", midnight.Add(time.Second), "cats with images")); got != rollup.Revised {
		t.Errorf("second delivery of yesterday's post gave %q, want %q", got, rollup.Revised)
	}
	if s := r.Snapshot(); s.Views[rollup.All].Total != 1 || s.Day != "2026-11-24" {
		t.Errorf("after midnight %d posts on %s, want 1 on 2026-11-24", s.Views[rollup.All].Total, s.Day)
	}
}

func TestMemoryIsBoundedAndWhatWasForgottenIsNeverCountedTwice(t *testing.T) {
	t.Parallel()
	// Twelve partitions share 1200 posts, so one may have a hundred, twice.
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 8, Posts: 1200}, noon)
	const posts = 1000
	look := func(i int, after time.Duration) rollup.Observation {
		o := post(fmt.Sprint(i), noon.Add(time.Duration(i-posts)*time.Second), "cats with images")
		o.ObservedAt = o.ArrivedAt.Add(after)
		return o
	}
	for i := range posts {
		r.Apply(look(i, 0))
		if got := r.Apply(look(0, time.Hour)); i > 1 && got != rollup.Repeated {
			t.Fatalf("after %d posts the one that is looked at all the time gave %q, want %q", i, got, rollup.Repeated)
		}
	}
	if n := r.Remembered(); n > 200 {
		t.Errorf("%d posts are remembered, want 200 at most", n)
	}
	for name, o := range map[string]rollup.Observation{
		"an edit": look(1, time.Hour), "a repetition": look(1, 0), "a deletion": {ID: "1", Deleted: true, ObservedAt: noon},
	} {
		if got := r.Apply(o); got != rollup.Forgotten {
			t.Errorf("%s of a post that 998 others have pushed out gave %q, want %q", name, got, rollup.Forgotten)
		}
	}
	if got := r.Apply(look(posts-1, time.Hour)); got != rollup.Revised {
		t.Errorf("an edit of a recent post gave %q, want %q", got, rollup.Revised)
	}
	if s := all(r); s.Total != posts {
		t.Errorf("%d posts are counted, want %d", s.Total, posts)
	}
	late := post("late", noon.Add(-95*time.Second), "cats with images")
	if got := r.Apply(late); got != rollup.Counted {
		t.Errorf("a new post that is late, but not as old as what was forgotten, gave %q, want %q", got, rollup.Counted)
	}
	// Another partition has forgotten nothing, however old its posts are.
	other := look(posts+1, 0)
	other.ArrivedAt, other.Partition = noon.Add(-5*time.Hour), 1
	if got := r.Apply(other); got != rollup.Counted {
		t.Errorf("an old post of another partition gave %q, want %q", got, rollup.Counted)
	}
}

func TestAPostFromTheFutureDoesNotMakeThePresentLookForgotten(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 1, Posts: 1}, noon)
	r.Apply(post("ahead", noon.Add(5*time.Hour), "cats with images"))
	for i := range 5 {
		r.Advance(noon.Add(time.Duration(i+1) * time.Second))
		r.Apply(post(fmt.Sprint(i), noon.Add(time.Duration(i+1)*time.Second), "cats with images"))
	}
	if s := all(r); s.Total != 6 || s.PerSecond10s != 0.4 {
		t.Errorf("%d posts, %v a second; want 6 and those of the last four whole seconds", s.Total, s.PerSecond10s)
	}
	if newest := r.Snapshot().Newest; !newest.Equal(noon.Add(5 * time.Second)) {
		t.Errorf("the newest post is of %s; want the newest one that can be", newest)
	}
}

func TestAPostFromTheFutureIsNotTakenAwayFromTheRateItWasNeverIn(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	ahead := noon.Add(time.Hour)
	r.Apply(post("ahead", ahead, "cats with images"))
	r.Advance(ahead.Add(2 * time.Second))
	r.Apply(rollup.Observation{ID: "ahead", Deleted: true, ObservedAt: ahead.Add(time.Second)})
	if s := all(r); s.Total != 0 || s.PerSecond10s != 0 {
		t.Errorf("%d posts, %v a second; want none", s.Total, s.PerSecond10s)
	}
}

func TestPostsThatNobodyLookedAtSinceTheLookbackAreForgottenWithTheirDay(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 1, Posts: plenty}, midnight.Add(-time.Minute))
	r.Apply(post("before the lookback", midnight.Add(-rollup.Lookback-time.Second), "cats with images"))
	r.Apply(post("in the lookback", midnight.Add(-rollup.Lookback), "cats with images"))
	r.Advance(midnight)
	if n := r.Remembered(); n != 1 {
		t.Errorf("%d posts are remembered, want the one that a restart would read", n)
	}
}

func TestPostsWithManyHashtagsAreRememberedInTheSameRoom(t *testing.T) {
	t.Parallel()
	// A partition may have 100 posts in a generation, or 400 hashtags.
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 8, Posts: 1200}, noon)
	const posts = 1000
	for i := range posts {
		o := post(fmt.Sprint(i), noon.Add(time.Duration(i-posts)*time.Second), "cats with images")
		o.Hashtags = []string{"a", "b", "c", "d", "e", "f", "g", fmt.Sprint("h", i), "one too many"}
		r.Apply(o)
	}
	if n := r.Remembered(); n < 50 || n > 100 {
		t.Errorf("%d posts are remembered, want 50 in the older generation and fewer in the younger", n)
	}
	r.Apply(rollup.Observation{ID: fmt.Sprint(posts - 1), Deleted: true, ObservedAt: noon})
	want := []rollup.Hashtag{{Name: "a", Posts: posts - 1}, {Name: "g", Posts: posts - 1}}
	if got := all(r).Hashtags; got[0] != want[0] || got[6] != want[1] || got[7].Posts != 1 {
		t.Errorf("hashtags %v", got)
	}
}

func TestHashtagsStayBoundedAndCommonOnesExact(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	for i := range 3 * rollup.MaxTags {
		o := post(fmt.Sprint(i), noon, "cats with images")
		o.Hashtags = []string{"cat", fmt.Sprint("only", i)}
		o.Promotional = i%2 == 0
		r.Apply(o)
	}
	s := r.Snapshot()
	if top := s.Views[rollup.All].Hashtags[0]; top != (rollup.Hashtag{Name: "cat", Posts: 3 * rollup.MaxTags}) {
		t.Errorf("the most used hashtag is %+v, want cat on every post", top)
	}
	if top := s.Views[rollup.Organic].Hashtags[0]; top.Posts != 3*rollup.MaxTags/2 {
		t.Errorf("without promotional posts it is %+v, want on half of them", top)
	}
	for i := range 3 * rollup.MaxTags {
		r.Apply(rollup.Observation{ID: fmt.Sprint(i), Deleted: true, ObservedAt: noon.Add(time.Second)})
	}
	if left := all(r).Hashtags; len(left) != 0 {
		t.Errorf("after all posts were deleted %v are left", left)
	}
}

func TestADayHasTheMinutesThatPassInIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, first, last string // moments of the same day, UTC
		day               string
	}{
		{"Europe/Rome", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29"},
		{"Europe/Rome", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25"},
		{"Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24T20:59:59Z", "2026-04-24"}, // begins at 01:00
		{"America/Havana", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-08"},
		{"America/Havana", "2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", "2026-11-01"},
		{"Asia/Kathmandu", "2026-11-22T18:15:00Z", "2026-11-23T18:14:59Z", "2026-11-23"},
	} {
		t.Run(test.zone+" "+test.day, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			at := func(s string) time.Time {
				m, err := time.Parse(time.RFC3339, s)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			r := newRollup(t, zone, week, at(test.last))
			r.Apply(post("before", at(test.first).Add(-time.Second), "cats with images"))
			r.Apply(post("first", at(test.first), "cats with images"))
			r.Apply(post("last", at(test.last), "cats with images"))
			r.Apply(post("after", at(test.last).Add(time.Second), "cats with images"))
			s, kept := r.SnapshotOf(test.day)
			if !kept || s.Views[rollup.All].Total != 2 || s.Views[rollup.All].Timeline[0][47] != 1 {
				t.Errorf("kept %t: %+v; want two posts, one in the last half hour", kept, s.Views[rollup.All].Total)
			}
		})
	}
}

func TestOnlyDaysThatAreKeptCanBeAskedFor(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 2}, noon)
	for day, want := range map[string]bool{"2026-11-23": true, "2026-11-22": true, "2026-11-21": false, "2026-11-24": false, "": false, "0001-01-01": false, "9999-12-31": false} {
		if _, kept := r.SnapshotOf(day); kept != want {
			t.Errorf("%q is kept: %t, want %t", day, kept, want)
		}
	}
}

func TestATeamThatComesFromBehindOvercomesItsLargestDeficit(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	n := 0
	minute := func(i int, category string, posts int) {
		for range posts {
			n++
			r.Apply(post(fmt.Sprint(n), noon.Add(time.Duration(i-30)*time.Minute), category))
		}
	}
	minute(0, "cats with images", 50)
	minute(1, "dogs with images", 30)
	minute(2, "cats with images", 10) // dogs are behind by 30 now, and were by 50
	minute(3, "dogs with images", 30) // level
	minute(4, "dogs with videos", 5)
	want := []rollup.LeadChange{{At: noon.Add(-26 * time.Minute), From: 0, To: 1, Overcame: 50, Posts: 65}}
	if diff := cmp.Diff(want, all(r).LeadChanges); diff != "" {
		t.Errorf("changes of the lead (-want +got):\n%s", diff)
	}
	r.Apply(rollup.Observation{ID: fmt.Sprint(n), Deleted: true, ObservedAt: noon})
	if s := all(r); s.LeadChanges[0].Posts != 64 || s.Ago.Teams[1] != 64 || s.Best.Posts != 50 {
		t.Errorf("after a deletion: %+v, %+v", s.LeadChanges, s.Ago)
	}
}

func TestAPostOfNoTeamOfThisContestIsNotCounted(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	foreign := post("1", noon, "rabbits with images")
	foreign.Teams = []string{"rabbits"}
	if got := r.Apply(foreign); got != rollup.NoTeam {
		t.Errorf("outcome %q, want %q", got, rollup.NoTeam)
	}
	if s := r.Snapshot(); s.Views[rollup.All].Total != 0 || !s.Newest.IsZero() {
		t.Errorf("total %d, newest %s; want none", s.Views[rollup.All].Total, s.Newest)
	}
}

func TestRateCountsWholeSecondsAndForgets(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	for i := range 120 {
		r.Apply(post(fmt.Sprint(i), noon.Add(-time.Duration(i)*500*time.Millisecond-time.Millisecond), "cats with images"))
	}
	r.Apply(post("future", noon.Add(time.Hour), "cats with images"))
	if s := all(r); s.PerSecond10s != 2 || s.PerSecond60s != 2 {
		t.Errorf("rates %v and %v, want 2 and 2", s.PerSecond10s, s.PerSecond60s)
	}
	r.Advance(noon.Add(5 * time.Second))
	if s := all(r); s.PerSecond10s != 1 {
		t.Errorf("rate %v after five quiet seconds, want 1", s.PerSecond10s)
	}
	r.Advance(noon.Add(2 * time.Minute))
	if s := all(r); s.PerSecond10s != 0 || s.PerSecond60s != 0 {
		t.Errorf("rates %v and %v after two quiet minutes, want 0", s.PerSecond10s, s.PerSecond60s)
	}
}

func TestDaysAndHalfHoursFollowTheClockOfTheZone(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	// On 25 October 2026 the clock in Rome shows 02:00 to 03:00 twice.
	day := time.Date(2026, 10, 25, 12, 0, 0, 0, rome)
	r := newRollup(t, rome, week, day)
	for i, utc := range []string{"2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T00:10:00Z", "2026-10-25T01:10:00Z"} {
		at, err := time.Parse(time.RFC3339, utc)
		if err != nil {
			t.Fatal(err)
		}
		r.Apply(post(fmt.Sprint(i), at, "cats with images"))
	}
	s := all(r)
	if s.Total != 3 || s.Timeline[0][0] != 1 || s.Timeline[0][4] != 2 {
		t.Errorf("total %d, at 00:00 %d, at 02:00 %d; want 3, 1, 2", s.Total, s.Timeline[0][0], s.Timeline[0][4])
	}
}

func TestAContestThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := rollup.New(rollup.Shape{Teams: make([]string, rollup.MaxTeams+1)}, time.UTC, week, noon); err == nil {
		t.Error("seven teams were accepted")
	}
}
