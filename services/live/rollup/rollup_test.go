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

var week = rollup.Bounds{Days: 7, Posts: plenty}

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

func TestTheNewestVersionDecidesWhatAPostCountsForAndWhere(t *testing.T) {
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
	if s.Timeline[3][20] != 0 || s.Timeline[3][24] != 1 {
		t.Errorf("the edit's category stands at 10:00 %d and at 12:00 %d times, want it where the edit says", s.Timeline[3][20], s.Timeline[3][24])
	}
	// Of a compacted log only the edit is left.
	again := newRollup(t, time.UTC, week, noon)
	again.Apply(edit)
	if diff := cmp.Diff(s, all(again)); diff != "" {
		t.Errorf("after compaction and a restart (-running +restarted):\n%s", diff)
	}
}

func TestALaterLookChangesPopularityAndNeverTheCountOfPosts(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	first := post("1", noon.Add(-2*time.Hour), "cats with images")
	r.Apply(first)
	r.Apply(post("2", noon.Add(-2*time.Hour), "dogs with images"))
	look := func(ago time.Duration, engagement, growth float64) {
		again := first
		again.ObservedAt, again.Engagement, again.Growth, again.Popularity = noon.Add(-ago), engagement, &growth, 1
		r.Apply(again)
	}
	look(70*time.Minute, 20, 40)
	s := all(r)
	if s.Teams[0].Engagement != 20 || s.Teams[0].Growth != nil {
		t.Errorf("cats have %v, growing by %v; want 20, and no growth from a look of more than an hour ago", s.Teams[0].Engagement, s.Teams[0].Growth)
	}
	look(20*time.Minute, 30.5, 12.25)
	look(30*time.Minute, 999, 999) // overtaken
	s = all(r)
	if s.Teams[0].Engagement != 30.5 || s.Teams[0].Growth == nil || *s.Teams[0].Growth != 12.25 || s.Teams[1].Growth != nil {
		t.Errorf("cats have %v; want 30.5, growing by 12.25 an hour, and nothing known of dogs", s.Teams[0])
	}
	if s.Total != 2 || s.Teams[0].Posts != 1 || s.Timeline[0][20] != 1 || s.Timeline[0][24] != 0 {
		t.Errorf("%d posts, %d of cats; want 2 and 1, where they were", s.Total, s.Teams[0].Posts)
	}
	r.Advance(noon.Add(40 * time.Minute))
	if g := all(r).Teams[0].Growth; g != nil {
		t.Errorf("an hour after the last look cats grow by %v, want nothing known", *g)
	}
	r.Apply(rollup.Observation{ID: "1", Deleted: true, ObservedAt: noon})
	if e := all(r).Teams[0].Engagement; e != 0 {
		t.Errorf("after the deletion %v are left", e)
	}
}

func TestAPostIsFoundAgainAfterItsKeyHasMovedToAnotherPartition(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	o := post("1", noon.Add(-time.Minute), "cats with images")
	o.Partition = 3
	r.Apply(o)
	edit := o
	edit.Partition, edit.ObservedAt = 15, noon
	if got := r.Apply(edit); got != rollup.Revised || all(r).Total != 1 {
		t.Errorf("an edit from another partition gave %q and %d posts, want %q and 1", got, all(r).Total, rollup.Revised)
	}
	if got := r.Apply(o); got != rollup.Repeated {
		t.Errorf("the first version, read later, gave %q, want %q", got, rollup.Repeated)
	}
	if got := r.Apply(rollup.Observation{ID: "1", Partition: 15, Deleted: true, ObservedAt: noon.Add(time.Second)}); got != rollup.Removed || all(r).Total != 0 {
		t.Errorf("the deletion gave %q and left %d posts", got, all(r).Total)
	}
}

func TestADayTellsHowMuchOfItTheLogCovers(t *testing.T) {
	t.Parallel()
	midnight := noon.Truncate(24 * time.Hour)
	for name, test := range map[string]struct {
		began, lost time.Time
		arrived     time.Time
		want        [3]rollup.Coverage // today first
		from        time.Time
	}{
		"nothing known":                   {want: [3]rollup.Coverage{}},
		"collected for long":              {began: midnight.AddDate(0, 0, -9), want: [3]rollup.Coverage{rollup.Whole, rollup.Whole, rollup.Whole}},
		"began yesterday":                 {began: midnight.Add(-time.Hour), want: [3]rollup.Coverage{rollup.Whole, rollup.Partial, rollup.None}, from: midnight.Add(-time.Hour)},
		"began with a post":               {arrived: midnight.Add(-time.Hour), want: [3]rollup.Coverage{rollup.Whole, rollup.Partial, rollup.None}, from: midnight.Add(-time.Hour)},
		"the oldest day has left":         {lost: midnight.AddDate(0, 0, -1).Add(-time.Hour), arrived: midnight.AddDate(0, 0, -2), want: [3]rollup.Coverage{rollup.Whole, rollup.Whole, rollup.Partial}, from: midnight.AddDate(0, 0, -1).Add(-time.Hour)},
		"a post older than what there is": {lost: midnight, arrived: midnight.Add(-25 * time.Hour), want: [3]rollup.Coverage{rollup.Whole, rollup.None, rollup.None}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRollup(t, time.UTC, rollup.Bounds{Days: 3, Posts: plenty}, noon)
			if !test.began.IsZero() {
				r.Began(test.began)
			}
			r.LostBefore(test.lost)
			if !test.arrived.IsZero() {
				r.Apply(post("1", test.arrived, "cats with images"))
			}
			for i, day := range r.Days() {
				s, _ := r.SnapshotOf(day)
				if s.Covered != test.want[i] || s.Covered == rollup.Partial && !s.CoveredFrom.Equal(test.from) {
					t.Errorf("%s: coverage %d from %s, want %d from %s", day, s.Covered, s.CoveredFrom, test.want[i], test.from)
				}
			}
		})
	}
}

func TestPaceIsComparedOnlyWhereTheDataAllowIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	for name, test := range map[string]struct {
		began time.Duration // ago
		empty [2]int        // minutes ago without posts, from and to
		want  bool
	}{
		"twenty steady minutes":     {began: time.Hour, want: true},
		"a log of twelve minutes":   {began: 12 * time.Minute},
		"a log of nineteen minutes": {began: 19*time.Minute + 30*time.Second},
		"posts have just stopped":   {began: time.Hour, empty: [2]int{0, 2}},
		"an outage":                 {began: time.Hour, empty: [2]int{8, 12}},
		"an outage long ago":        {began: time.Hour, empty: [2]int{22, 40}, want: true},
		"a minute without any":      {began: time.Hour, empty: [2]int{8, 9}, want: true},
		"an outage until just now":  {began: time.Hour, empty: [2]int{3, 14}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRollup(t, time.UTC, week, now)
			r.Began(now.Add(-test.began))
			n := 0
			for ago := test.began; ago > 0; ago -= 15 * time.Second { // four a minute
				if m := int(ago / time.Minute); m >= test.empty[0] && m < test.empty[1] {
					continue
				}
				n++
				r.Apply(post(fmt.Sprint(n), now.Add(-ago), "cats with images"))
			}
			if got := all(r).Teams[0].Pace; got.Comparable != test.want {
				t.Errorf("%+v, want comparable %t", got, test.want)
			}
		})
	}
}

func TestOfTheSameMillisecondTheDeletionCountsWhicheverComesFirst(t *testing.T) {
	t.Parallel()
	seen := post("1", noon.Add(-time.Minute), "cats with images")
	gone := rollup.Observation{ID: "1", Deleted: true, ObservedAt: seen.ObservedAt}
	for name, order := range map[string][]rollup.Observation{"deletion last": {seen, gone}, "deletion first": {gone, seen}, "and again": {seen, gone, seen}} {
		r := newRollup(t, time.UTC, week, noon)
		for _, o := range order {
			r.Apply(o)
		}
		if got := all(r).Total; got != 0 {
			t.Errorf("%s: %d posts", name, got)
		}
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

func TestAPostFromBeforeMidnightIsCountedOnceAfterIt(t *testing.T) {
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
	refresh := post("1", midnight.Add(-time.Second), "cats with images")
	refresh.ObservedAt = midnight.Add(time.Second)
	if got := r.Apply(refresh); got != rollup.Revised {
		t.Errorf("a look at yesterday's post gave %q, want %q", got, rollup.Revised)
	}
	if s := r.Snapshot(); s.Views[rollup.All].Total != 1 || s.Day != "2026-11-24" {
		t.Errorf("after midnight %d posts on %s, want 1 on 2026-11-24", s.Views[rollup.All].Total, s.Day)
	}
	// Delivered again as if it were new: the newest version decides, and the post is counted once all the same.
	r.Apply(post("1", midnight.Add(2*time.Second), "cats with images"))
	yesterday, _ := r.SnapshotOf("2026-11-23")
	if today := all(r).Total; today != 2 || yesterday.Views[rollup.All].Total != 0 {
		t.Errorf("%d posts today and %d yesterday, want 2 and none", today, yesterday.Views[rollup.All].Total)
	}
}

func TestMemoryIsBoundedAndWhatWasForgottenIsNeverCountedTwice(t *testing.T) {
	t.Parallel()
	// Twelve partitions share 1200 posts, so one may have a hundred: of the last hundred seconds, by whole minutes.
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 8, Posts: 1200}, noon)
	const posts = 1000
	look := func(i int, after time.Duration) rollup.Observation {
		o := post(fmt.Sprint(i), noon.Add(time.Duration(i-posts)*time.Second), "cats with images")
		o.ObservedAt = o.ArrivedAt.Add(after)
		return o
	}
	for i := range posts {
		r.Apply(look(i, 0))
		r.Apply(look(max(0, i-30), time.Hour)) // looked at again: room is taken once
	}
	if n := r.Remembered(); n != 60 && n != 100 {
		t.Errorf("%d posts are remembered, want those of the last minute or two", n)
	}
	for _, one := range []struct {
		name string
		look rollup.Observation
	}{
		{"an edit", look(1, 2*time.Hour)}, {"a repetition", look(1, 0)}, {"a deletion", rollup.Observation{ID: "1", Deleted: true, ObservedAt: noon}},
	} {
		if got := r.Apply(one.look); got != rollup.Forgotten {
			t.Errorf("%s of a post that 998 others have pushed out gave %q, want %q", one.name, got, rollup.Forgotten)
		}
	}
	r.Apply(rollup.Observation{ID: "2", Deleted: true, ObservedAt: noon})
	if got := r.Apply(look(2, 2*time.Hour)); got != rollup.Forgotten {
		t.Errorf("a look at a forgotten post after its deletion gave %q, want %q", got, rollup.Forgotten)
	}
	if got := r.Apply(look(posts-1, 2*time.Hour)); got != rollup.Revised {
		t.Errorf("an edit of a recent post gave %q, want %q", got, rollup.Revised)
	}
	s := r.Snapshot()
	if total := s.Views[rollup.All].Total; total != posts {
		t.Errorf("%d posts are counted, want %d", total, posts)
	}
	if ago := noon.Sub(s.SettledBefore); ago < time.Minute || ago > 2*time.Minute {
		t.Errorf("posts before %s are said to be settled, want one or two minutes before %s", s.SettledBefore, noon)
	}
	// Another partition has forgotten nothing, however old its posts are.
	other := look(posts+1, 0)
	other.ArrivedAt, other.Partition = noon.Add(-5*time.Hour), 1
	if got := r.Apply(other); got != rollup.Counted {
		t.Errorf("an old post of another partition gave %q, want %q", got, rollup.Counted)
	}
}

func TestAPostThatIsTooOldForAFullMemoryIsCountedOnce(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 8, Posts: 12 * 10}, noon)
	for i := range 10 {
		r.Apply(post(fmt.Sprint(i), noon.Add(time.Duration(i-10)*time.Minute), "cats with images"))
	}
	late := post("late", noon.Add(-time.Hour), "cats with images")
	first, second := r.Apply(late), r.Apply(late)
	if first != rollup.Counted || second != rollup.Forgotten || all(r).Total != 11 {
		t.Errorf("gave %q, then %q, %d posts; want it counted, then forgotten, and 11", first, second, all(r).Total)
	}
}

func TestMoreThanFitsIntoOneMinuteIsCountedAllTheSame(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, rollup.Bounds{Days: 8, Posts: 12 * 10}, noon)
	for i := range 5000 {
		r.Apply(post(fmt.Sprint(i), noon.Add(time.Duration(i)*time.Millisecond), "cats with images"))
	}
	if n := all(r).Total; n != 5000 || r.Remembered() != 10 {
		t.Errorf("%d posts are counted and %d remembered, want 5000 and 10", n, r.Remembered())
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

func TestHashtagsOfAPostAreTakenAwayWithIt(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, week, noon)
	const posts = 1000
	look := func(i, after int, tags ...string) {
		o := post(fmt.Sprint(i), noon.Add(time.Duration(i-posts)*time.Second), "cats with images")
		o.ObservedAt, o.Hashtags = noon.Add(time.Duration(after)*time.Second), tags
		r.Apply(o)
	}
	for i := range posts {
		look(i, 0, "a", "b", "c", "d", "e", "f", "g", fmt.Sprint("h", i), "one too many")
	}
	for i := range posts {
		look(i, 1, []string{"x", "y", "z"}[:i%4]...)
	}
	r.Apply(rollup.Observation{ID: fmt.Sprint(posts - 1), Deleted: true, ObservedAt: noon.Add(time.Hour)})
	want := []rollup.Hashtag{{Name: "x", Posts: 749}, {Name: "y", Posts: 499}, {Name: "z", Posts: 249}}
	if diff := cmp.Diff(want, all(r).Hashtags); diff != "" {
		t.Errorf("hashtags (-want +got):\n%s", diff)
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
