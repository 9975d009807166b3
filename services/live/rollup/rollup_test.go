package rollup_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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

func newRollup(t *testing.T, zone *time.Location, remembered int, now time.Time) *rollup.Rollup {
	t.Helper()
	r, err := rollup.New(shape, zone, remembered, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func post(id string, arrived time.Time, categories ...string) rollup.Observation {
	o := rollup.Observation{ID: id, ArrivedAt: arrived, ObservedAt: arrived, Categories: categories}
	for _, team := range shape.Teams {
		for _, c := range categories {
			if c[:4] == team {
				o.Teams = append(o.Teams, team)
				break
			}
		}
	}
	return o
}

func TestANewestVersionReplacesWhatAPostCountsForButNeverMovesIt(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, plenty, noon)
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
	s := r.Snapshot()
	if s.Total != 1 || s.SeveralTeams != 1 || !cmp.Equal(s.Categories, []int64{1, 0, 0, 1}) {
		t.Errorf("total %d, for several teams %d, categories %v; want one post with the edit's categories", s.Total, s.SeveralTeams, s.Categories)
	}
	if s.Timeline[3][20] != 1 || s.Timeline[3][24] != 0 {
		t.Errorf("the edit's category stands at 10:00 %d and at 12:00 %d times, want it where the post arrived", s.Timeline[3][20], s.Timeline[3][24])
	}
}

func TestADeletedPostStaysAwayWhenAnOlderCopyComesLate(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, plenty, noon)
	copied := post("1", noon.Add(-time.Minute), "cats with images")
	gone := rollup.Observation{ID: "1", Deleted: true, ObservedAt: noon}
	r.Apply(copied)
	if got := r.Apply(gone); got != rollup.Removed {
		t.Errorf("deletion gave %q, want %q", got, rollup.Removed)
	}
	r.Apply(copied)
	if s := r.Snapshot(); s.Total != 0 || s.Categories[0] != 0 || s.Timeline[0][24] != 0 {
		t.Errorf("after the deletion and a late copy: %+v, want nothing counted", s)
	}
	r.Apply(post("1", noon.Add(time.Second), "dogs with images"))
	if s := r.Snapshot(); s.Total != 1 || s.Teams[1] != 1 {
		t.Errorf("after a look that is newer than the deletion: %+v, want the post back", s)
	}
}

func TestAPostFromBeforeMidnightIsNotCountedAgainAfterIt(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	r := newRollup(t, time.UTC, plenty, midnight.Add(-time.Minute))
	r.Apply(post("1", midnight.Add(-time.Second), "cats with images"))
	// Stamped by a clock that is a moment ahead of ours.
	r.Apply(post("2", midnight.Add(time.Millisecond), "cats with images"))
	if s := r.Snapshot(); s.Total != 1 {
		t.Errorf("before midnight %d posts, want 1", s.Total)
	}
	if !r.Advance(midnight) {
		t.Error("midnight did not begin a new day")
	}
	if got := r.Apply(post("1", midnight.Add(time.Second), "cats with images")); got != rollup.Revised {
		t.Errorf("second delivery of yesterday's post gave %q, want %q", got, rollup.Revised)
	}
	if s := r.Snapshot(); s.Total != 1 || s.Day != "2026-11-24" {
		t.Errorf("after midnight %d posts on %s, want 1 on 2026-11-24", s.Total, s.Day)
	}
}

func TestMemoryIsBoundedAndKeepsWhatIsLookedAt(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, 100, noon)
	for i := range 1000 {
		r.Apply(post(fmt.Sprint(i), noon, "cats with images"))
		if got := r.Apply(post("0", noon, "cats with images")); i > 0 && got != rollup.Repeated {
			t.Fatalf("after %d posts the one that is looked at all the time gave %q, want %q", i, got, rollup.Repeated)
		}
	}
	if got := r.Apply(post("1", noon, "cats with images")); got != rollup.Counted {
		t.Errorf("a post that 998 others have pushed out gave %q, want %q", got, rollup.Counted)
	}
}

func TestAPostOfNoTeamOfThisContestIsNotCounted(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, plenty, noon)
	foreign := post("1", noon, "rabbits with images")
	foreign.Teams = []string{"rabbits"}
	if got := r.Apply(foreign); got != rollup.NoTeam {
		t.Errorf("outcome %q, want %q", got, rollup.NoTeam)
	}
	if s := r.Snapshot(); s.Total != 0 || !s.Newest.IsZero() {
		t.Errorf("total %d, newest %s; want none", s.Total, s.Newest)
	}
}

func TestRateCountsWholeSecondsAndForgets(t *testing.T) {
	t.Parallel()
	r := newRollup(t, time.UTC, plenty, noon)
	for i := range 120 {
		r.Apply(post(fmt.Sprint(i), noon.Add(-time.Duration(i)*500*time.Millisecond-time.Millisecond), "cats with images"))
	}
	r.Apply(post("future", noon.Add(time.Hour), "cats with images"))
	if s := r.Snapshot(); s.PerSecond10s != 2 || s.PerSecond60s != 2 {
		t.Errorf("rates %v and %v, want 2 and 2", s.PerSecond10s, s.PerSecond60s)
	}
	r.Advance(noon.Add(5 * time.Second))
	if s := r.Snapshot(); s.PerSecond10s != 1 {
		t.Errorf("rate %v after five quiet seconds, want 1", s.PerSecond10s)
	}
	r.Advance(noon.Add(2 * time.Minute))
	if s := r.Snapshot(); s.PerSecond10s != 0 || s.PerSecond60s != 0 {
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
	r := newRollup(t, rome, plenty, day)
	for i, utc := range []string{"2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T00:10:00Z", "2026-10-25T01:10:00Z"} {
		at, err := time.Parse(time.RFC3339, utc)
		if err != nil {
			t.Fatal(err)
		}
		r.Apply(post(fmt.Sprint(i), at, "cats with images"))
	}
	s := r.Snapshot()
	if s.Total != 3 || s.Timeline[0][0] != 1 || s.Timeline[0][4] != 2 {
		t.Errorf("total %d, at 00:00 %d, at 02:00 %d; want 3, 1, 2", s.Total, s.Timeline[0][0], s.Timeline[0][4])
	}
}

func TestAContestThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := rollup.New(rollup.Shape{Teams: make([]string, rollup.MaxTeams+1)}, time.UTC, plenty, noon); err == nil {
		t.Error("seven teams were accepted")
	}
}

// TestNumbersEqualAPlainCount feeds random looks, in disorder and repeated, over two midnights, and compares with the
// model after each day; then it feeds what a restart would read to a fresh rollup.
func TestNumbersEqualAPlainCount(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			checkAgainstModel(t, rand.New(rand.NewPCG(seed, 1)))
		})
	}
}

func checkAgainstModel(t *testing.T, random *rand.Rand) {
	zone := time.FixedZone("odd", 5*3600+1800)
	start := time.Date(2026, 11, 23, 20, 0, 0, 0, zone)
	r := newRollup(t, zone, plenty, start)
	m := &model{shape: shape, zone: zone}
	// The rate has a test of its own.
	ignored := cmpopts.IgnoreFields(rollup.Snapshot{}, "PerSecond10s", "PerSecond60s")

	for now := start; now.Before(start.Add(30 * time.Hour)); now = now.Add(time.Duration(random.IntN(400)) * time.Second) {
		r.Advance(now)
		o := rollup.Observation{
			ID: fmt.Sprint(random.IntN(120)), ArrivedAt: now,
			// Versions come in disorder, and now and then twice.
			ObservedAt: now.Add(-time.Duration(random.IntN(4)) * 10 * time.Minute).Truncate(time.Minute),
			Deleted:    random.IntN(10) == 0, Simulated: random.IntN(2) == 0,
		}
		for _, c := range shape.Categories {
			if random.IntN(3) == 0 {
				o.Categories = append(o.Categories, c)
			}
		}
		o.Teams = post("", now, o.Categories...).Teams
		if o.Deleted {
			o.ObservedAt = now
		}
		r.Apply(o)
		m.seen = append(m.seen, o)
		if random.IntN(40) > 0 {
			continue
		}

		// A post that nobody looked at between yesterday's lookback and midnight may be forgotten, so the plain count
		// begins where a restart would begin to read.
		m.seen = since(rollup.Since(now, zone), m.seen)
		want := m.snapshot(now.In(zone).Format(time.DateOnly))
		if diff := cmp.Diff(want, r.Snapshot(), ignored); diff != "" {
			t.Fatalf("at %s (-plain count +rollup):\n%s", now, diff)
		}
		restarted := newRollup(t, zone, plenty, now)
		for _, o := range m.seen {
			restarted.Apply(o)
		}
		if diff := cmp.Diff(r.Snapshot(), restarted.Snapshot(), ignored); diff != "" {
			t.Fatalf("at %s (-running +restarted):\n%s", now, diff)
		}
	}
}

func since(t time.Time, all []rollup.Observation) []rollup.Observation {
	var kept []rollup.Observation
	for _, o := range all {
		at := o.ArrivedAt
		if o.Deleted {
			at = o.ObservedAt
		}
		if !at.Before(t) {
			kept = append(kept, o)
		}
	}
	return kept
}
