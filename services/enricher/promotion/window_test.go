package promotion

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// wording is a fingerprint that resembles those of its own number only.
func wording(number uint64) *Fingerprint {
	f := &Fingerprint{}
	f.count = MinWords
	for i := range MinWords {
		f.words[i] = uint8(number >> (8 * i))
	}
	for b := range f.bands {
		f.bands[b] = uint32(mix(number + uint64(b)<<32))
	}
	return f
}

var start = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

func TestEachPostOfTheAuthorCountsAndEachOtherAuthorOnce(t *testing.T) {
	t.Parallel()
	w := NewWindow(100, time.Hour)
	for i, c := range []struct {
		id, author string
		want       Repeats
	}{
		{"1", "ann", Repeats{}},
		{"2", "ann", Repeats{Own: 1}},
		{"3", "ben", Repeats{Others: 1}},
		{"4", "ann", Repeats{Own: 2, Others: 1}},
		{"5", "", Repeats{Others: 2}},
		{"6", "", Repeats{Others: 3}}, // two that nobody knows are not one
		{"7", "ben", Repeats{Own: 1, Others: 3}},
	} {
		if got := w.Seen(c.id, c.author, wording(1), start.Add(time.Duration(i)*time.Second)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.id, got, c.want)
		}
	}
}

func TestAPostDoesNotRepeatItself(t *testing.T) {
	t.Parallel()
	w := NewWindow(100, time.Hour)
	for _, text := range []string{offer, offer, offer + " ok", offer} {
		f := fingerprint(t, text)
		if got := w.Seen("1", "ann", &f, start); got != (Repeats{}) {
			t.Errorf("%+v", got)
		}
	}
	f := fingerprint(t, offer)
	if got := w.Seen("2", "ann", &f, start); got != (Repeats{Own: 1}) {
		t.Errorf("versions of one post count as several: %+v", got)
	}
}

func TestABatchThatIsDoneAgainGetsTheSameAnswers(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	w := NewWindow(1000, time.Hour)
	type look struct {
		id, author string
		text       uint64
	}
	var batch []look
	for i := range 500 {
		batch = append(batch, look{fmt.Sprint(i - i%7/6), fmt.Sprint(rng.IntN(5)), uint64(rng.IntN(4))})
	}
	first := make([]Repeats, len(batch))
	for i, l := range batch {
		first[i] = w.Seen(l.id, l.author, wording(l.text), start)
	}
	if first[400].Own == 0 || first[400].Others == 0 {
		t.Fatalf("nothing repeats: %+v", first[400])
	}
	for i, l := range batch {
		if again := w.Seen(l.id, l.author, wording(l.text), start); again != first[i] {
			t.Fatalf("look %d: %+v, then %+v", i, first[i], again)
		}
	}
}

// Word for word, nothing may be missed and nothing made up, whatever the ring has forgotten.
func TestTheIndexFindsWhatComparingWithEveryPostFinds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	const span = 50 * time.Second
	w := NewWindow(300, span) // the span is 500 posts
	var all []uint64
	found := 0
	for i := range 5000 {
		text := rng.Uint64()
		if i > 0 && rng.IntN(2) == 0 {
			text = all[len(all)-1-rng.IntN(min(len(all), 600))]
		}
		want := 0
		for _, other := range all[max(0, len(all)-299):] {
			if other == text {
				want++
			}
		}
		all = append(all, text)
		if got := w.Seen(fmt.Sprint(i), fmt.Sprint(i), wording(text), start.Add(time.Duration(i)*100*time.Millisecond)).Others; got != min(want, MaxRepeats) {
			t.Fatalf("post %d: %d, want %d", i, got, want)
		}
		found += want
	}
	if found < 1000 {
		t.Fatalf("only %d repeats were looked for", found)
	}
}

func TestTheWindowIsBoundedInPostsAndInTime(t *testing.T) {
	t.Parallel()
	w := NewWindow(6, time.Minute)
	for i := range 100 {
		if got := w.Seen(fmt.Sprint(i), "ann", wording(1), start); got.Own != min(i, 5) {
			t.Fatalf("post %d: %+v", i, got)
		}
	}
	if got := w.Seen("x", "ann", wording(1), start.Add(time.Minute)); got.Own != 5 {
		t.Errorf("within the span: %+v", got)
	}
	if got := w.Seen("y", "ann", wording(1), start.Add(time.Minute+time.Millisecond)); got.Own != 1 {
		t.Errorf("after the span: %+v", got)
	}
	// A replica catches up with one partition after the other: old posts come after newer ones.
	if got := w.Seen("z", "ann", wording(1), start.Add(-time.Hour)); got.Own != 0 {
		t.Errorf("an hour before: %+v", got)
	}
}

func TestATextThatEverybodyPostsCostsAsMuchAsAnother(t *testing.T) {
	t.Parallel()
	w := NewWindow(50_000, time.Hour)
	for i := range 50_000 {
		got := w.Seen(fmt.Sprint(i), "ann", wording(1), start)
		if want := min(i, MaxRepeats); got.Own != want {
			t.Fatalf("post %d: %+v, want %d", i, got, want)
		}
	}
	if cap(w.counted) > 2*MaxRepeats || cap(w.candidates) > 2*bands*MaxRepeats {
		t.Errorf("a search keeps %d and %d", cap(w.counted), cap(w.candidates))
	}
}

func TestOthersCountOnlyWithAHint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		repeats              Repeats
		alone, withSomeLinks bool
	}{
		{Repeats{}, false, false},
		{Repeats{Own: 2}, false, false},
		{Repeats{Own: 3}, true, true},
		{Repeats{Others: 60}, false, true},
		{Repeats{Own: 1, Others: 2}, false, true},
	} {
		if c.repeats.Repeated(false) != c.alone || c.repeats.Repeated(true) != c.withSomeLinks {
			t.Errorf("%+v", c.repeats)
		}
	}
}

// BenchmarkWindow fills a window and goes on with it full, one post in four a repeat. B/entry is the whole window by entry.
func BenchmarkWindow(b *testing.B) {
	const entries = 100_000
	ids := make([]string, 2*entries)
	fingerprints := make([]*Fingerprint, len(ids))
	rng := rand.New(rand.NewPCG(9, 10))
	for i := range ids {
		ids[i], fingerprints[i] = fmt.Sprint(2060000000000000000+i), wording(rng.Uint64())
		if i > 0 && i%4 == 0 {
			fingerprints[i] = fingerprints[rng.IntN(i)]
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := NewWindow(entries, 24*time.Hour)
	for i := range entries {
		w.Seen(ids[i], ids[i/3], fingerprints[i], start)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := i % len(ids)
		w.Seen(ids[n], ids[n/3], fingerprints[n], start)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/entries, "B/entry")
}
