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
// day, in both views, with the model; and with a fresh rollup that is fed what a restart would read, one partition after
// the other.
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
		o.Popularity = float64(w.random.IntN(80000)) / 1e4
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
	restarted := newRollup(t, w.zone, rollup.Bounds{Days: keptDays, Posts: plenty}, w.now)
	for partition := range int32(4) {
		for _, o := range w.model.seen {
			if o.Partition == partition {
				restarted.Apply(o)
			}
		}
	}
	days := w.rollup.Days()
	if len(days) != keptDays {
		t.Fatalf("%d days are kept, want %d", len(days), keptDays)
	}
	for _, day := range days {
		running, kept := w.rollup.SnapshotOf(day)
		again, keptAgain := restarted.SnapshotOf(day)
		if !kept || !keptAgain {
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
			if diff := gocmp.Diff(running.Views[view].LeadChanges, again.Views[view].LeadChanges); diff != "" {
				t.Fatalf("%s at %s, %s: changes of the lead (-running +restarted):\n%s", day, w.now, name, diff)
			}
		}
	}
}
