package rollup_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"catsvdogs/services/live/rollup"
)

const keptDays = 3

// TestNumbersEqualAPlainCount feeds days of new posts, repeated deliveries, edits that change teams and what is
// promotional, refreshed counts, late versions and deletions, over midnights and clock changes. It compares every kept
// day, in both views, with the model; and with fresh rollups that are fed what a restart would read, one partition after
// the other: once of the log as it is, once of the compacted log, of which only the last record of each post is left.
func TestNumbersEqualAPlainCount(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			newWorld(t, seed).live(t)
		})
	}
}

// world is what happens, and who watches it.
type world struct {
	random  *rand.Rand
	zone    *time.Location
	now     time.Time
	ends    time.Time
	created []time.Time // by number of the post
	rollup  *rollup.Rollup
	model   *model
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{random: rand.New(rand.NewPCG(seed, 1)), zone: time.FixedZone("odd", 5*3600+1800)}
	start := time.Date(2026, 11, 23, 20, 0, 0, 0, w.zone)
	if seed%3 > 0 { // both clock changes of a year
		var err error
		if w.zone, err = time.LoadLocation("Europe/Rome"); err != nil {
			t.Fatal(err)
		}
		start = []time.Time{{}, time.Date(2026, 10, 24, 20, 0, 0, 0, w.zone), time.Date(2026, 3, 28, 20, 0, 0, 0, w.zone)}[seed%3]
	}
	w.now, w.ends = start, start.Add(100*time.Hour)
	w.rollup = newRollup(t, w.zone, rollup.Bounds{Days: keptDays, Posts: plenty}, start)
	w.model = &model{shape: shape, zone: w.zone}
	return w
}

func (w *world) live(t *testing.T) {
	checked := 0
	for ; w.now.Before(w.ends); w.now = w.now.Add(time.Duration(w.random.IntN(200_000)) * time.Millisecond) {
		w.rollup.Advance(w.now)
		o := w.observation()
		w.rollup.Apply(o)
		w.model.seen = append(w.model.seen, o)
		if w.random.IntN(400) == 0 {
			w.check(t)
			checked++
		}
	}
	if w.check(t); checked < 5 {
		t.Errorf("compared %d times only", checked)
	}
}

// observation is of a new post or of one there is.
func (w *world) observation() rollup.Observation {
	post := len(w.created)
	kind := w.random.IntN(20)
	if kind >= 9 && post > 0 { // mostly of a recent one
		post = max(0, len(w.created)-1-int(w.random.ExpFloat64()*40))
	} else {
		w.created = append(w.created, w.now.Add(-time.Duration(w.random.IntN(5000))*time.Millisecond))
	}
	o := rollup.Observation{
		ID: fmt.Sprint(post), Partition: int32(post % 4), ArrivedAt: w.created[post], ObservedAt: w.now,
		Source: rollup.Source(w.random.IntN(4)), Promotional: w.random.IntN(3) == 0, Label: rollup.Label(w.random.IntN(4)),
		Score: float64(w.random.IntN(20001)-10000) / 1e4, Content: fmt.Sprint("post ", post, " at ", w.now),
	}
	if w.random.IntN(2) == 0 {
		o.Popularity, o.Engagement = float64(w.random.IntN(80000))/1e4, float64(w.random.IntN(80000))/1e2
	}
	if growth := float64(w.random.IntN(2000)-500) / 1e2; kind >= 9 && w.random.IntN(2) == 0 {
		o.Growth = &growth
	}
	for _, c := range shape.Categories {
		if w.random.IntN(3) == 0 {
			o.Categories = append(o.Categories, c)
		}
	}
	o.Teams = teamsOf(o.Categories)
	for _, tag := range []string{"cat", "dog", "kitten", "puppy", "caturday", "zoomies", "window", "fetch", "nap", "box", "ball", "sofa", "tree", "tail"} {
		if w.random.IntN(6) == 0 && len(o.Hashtags) < rollup.MaxHashtags {
			o.Hashtags = append(o.Hashtags, tag)
		}
	}
	switch {
	case kind < 9:
		o.ObservedAt = o.ArrivedAt
	case kind < 11 && w.now.Sub(w.created[post]) < rollup.Lookback/2: // delivered again, as if it were new
		o.ArrivedAt = w.now
	case kind < 13:
		o.Deleted = true
	case kind < 16: // a version that has been overtaken, or would be
		o.ObservedAt = w.now.Add(-time.Duration(w.random.IntN(20)) * time.Minute).Truncate(time.Minute)
	}
	return o
}

func (w *world) check(t *testing.T) {
	t.Helper()
	w.rollup.Advance(w.now)
	since := rollup.Since(w.now, w.zone, keptDays)
	w.model.now = w.now
	w.model.seen = slices.DeleteFunc(w.model.seen, func(o rollup.Observation) bool {
		return o.ObservedAt.Before(since) && (o.Deleted || o.ArrivedAt.Before(since))
	})
	restarted := w.restart(t, w.rollup.Bounds(), w.model.seen)
	compacted := w.restart(t, w.rollup.Bounds(), compact(w.model.seen))
	days := w.rollup.Days()
	if len(days) != keptDays {
		t.Fatalf("%d days are kept, want %d", len(days), keptDays)
	}
	for _, day := range days {
		running, kept := w.rollup.SnapshotOf(day)
		again, keptAgain := restarted.SnapshotOf(day)
		short, keptCompacted := compacted.SnapshotOf(day)
		if !kept || !keptAgain || !keptCompacted {
			t.Fatalf("%s is not kept", day)
		}
		for view, name := range []string{"all", "organic"} {
			view := rollup.ViewOf(view)
			want := w.model.counts(day, view)
			if diff := gocmp.Diff(want, countsOf(running, view)); diff != "" {
				t.Fatalf("%s at %s, %s (-plain count +rollup):\n%s", day, w.now, name, diff)
			}
			if diff := gocmp.Diff(want, countsOf(again, view)); diff != "" {
				t.Fatalf("%s at %s, %s (-plain count +restarted):\n%s", day, w.now, name, diff)
			}
			if diff := gocmp.Diff(want, countsOf(short, view)); diff != "" {
				t.Fatalf("%s at %s, %s (-plain count +restarted after compaction):\n%s", day, w.now, name, diff)
			}
			if diff := gocmp.Diff(running.Views[view].LeadChanges, again.Views[view].LeadChanges); diff != "" {
				t.Fatalf("%s at %s, %s: changes of the lead (-running +restarted):\n%s", day, w.now, name, diff)
			}
		}
	}
}

// restart feeds a fresh rollup what a new process would read: one partition after the other.
func (w *world) restart(t *testing.T, bounds rollup.Bounds, seen []rollup.Observation) *rollup.Rollup {
	t.Helper()
	again := newRollup(t, w.zone, bounds, w.now)
	for partition := range int32(4) {
		for _, o := range seen {
			if o.Partition == partition {
				again.Apply(o)
			}
		}
	}
	return again
}

// compact leaves the newest version of each post, where it stands. (Kafka leaves the last record; the enricher writes a
// post's versions in order unless it is given them out of order.)
func compact(seen []rollup.Observation) (left []rollup.Observation) {
	newest := map[string]int{}
	for i, o := range seen {
		if last, there := newest[o.ID]; !there || !o.ObservedAt.Before(seen[last].ObservedAt) {
			newest[o.ID] = i
		}
	}
	for i, o := range seen {
		if newest[o.ID] == i {
			left = append(left, o)
		}
	}
	return left
}

// TestARestartGivesTheSameNumbersAlsoWhenTheMemoryIsFull compares with a rollup that is fed the same log in another order
// of partitions, and from where a restart reads it. What it compares is everything that can be seen.
func TestARestartGivesTheSameNumbersAlsoWhenTheMemoryIsFull(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed)
			bounds := rollup.Bounds{Days: keptDays, Posts: 12 * 25} // of each partition, some hours
			w.rollup = newRollup(t, w.zone, bounds, w.now)
			forgotten, checked := 0, 0
			for ; w.now.Before(w.ends); w.now = w.now.Add(time.Duration(w.random.IntN(200_000)) * time.Millisecond) {
				w.rollup.Advance(w.now)
				o := w.observation()
				if w.rollup.Apply(o) == rollup.Forgotten {
					forgotten++
				}
				w.model.seen = append(w.model.seen, o)
				if w.random.IntN(400) > 0 {
					continue
				}
				checked++
				since := rollup.Since(w.now, w.zone, keptDays)
				again := w.restart(t, bounds, slices.DeleteFunc(slices.Clone(w.model.seen), func(o rollup.Observation) bool {
					return o.ObservedAt.Before(since) && (o.Deleted || o.ArrivedAt.Before(since))
				}))
				for _, day := range w.rollup.Days() {
					running, _ := w.rollup.SnapshotOf(day)
					restarted, _ := again.SnapshotOf(day)
					for view := range running.Views {
						if diff := gocmp.Diff(countsOf(running, rollup.ViewOf(view)), countsOf(restarted, rollup.ViewOf(view))); diff != "" {
							t.Fatalf("%s at %s, view %d (-running +restarted):\n%s", day, w.now, view, diff)
						}
					}
					if !running.SettledBefore.Equal(restarted.SettledBefore) {
						t.Fatalf("%s: settled before %s running, %s restarted", w.now, running.SettledBefore, restarted.SettledBefore)
					}
				}
			}
			if forgotten < 20 || checked < 5 {
				t.Errorf("%d looks at forgotten posts, compared %d times: the memory was not full", forgotten, checked)
			}
		})
	}
}
