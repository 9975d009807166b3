package world

import (
	"math"
	"regexp"
	"slices"
	"testing"
)

func TestEveryPhrasebookHasWordsForEveryPlaceholder(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`\{(\w+)\}`)
	known := []string{"animal", "breed", "act", "mood", "place", "thing", "name", "emoji", "face", "topic", "other", "tag", "number"}
	total := 0.0
	for _, p := range phrasebooks() {
		total += p.share
		if phrasebookOf(p.lang) != p {
			t.Errorf("%s is not found by its language", p.lang)
		}
		for themeIs := range p.animals {
			if len(p.animals[themeIs]) == 0 || len(p.acts[themeIs]) == 0 {
				t.Errorf("%s: no words for theme %d", p.lang, themeIs)
			}
		}
		for name, list := range map[string][]string{
			"moods": p.moods, "places": p.places, "things": p.things, "pets": p.pets,
			"generic": p.generic, "both": p.both, "neutral": p.neutral, "promos": p.promos,
		} {
			if len(list) == 0 {
				t.Errorf("%s: no %s", p.lang, name)
			}
			for _, template := range list {
				for _, found := range placeholder.FindAllStringSubmatch(template, -1) {
					if !slices.Contains(known, found[1]) {
						t.Errorf("%s: %q has the unknown placeholder %s", p.lang, template, found[1])
					}
				}
			}
		}
	}
	if math.Abs(total-1) > 1e-9 {
		t.Errorf("the languages' shares add up to %v", total)
	}
}

func TestASurgeChangesTheMomentAndNotTheMean(t *testing.T) {
	t.Parallel()
	r := newRhythm(3)
	sum, highest, n := 0.0, 0.0, 0
	for at := 0.0; at < 200_000; at++ {
		x := r.surge(at, 2)
		sum += x
		highest = max(highest, x)
		n++
	}
	if mean := sum / float64(n); math.Abs(mean-1) > 0.02 {
		t.Errorf("mean %v, want 1", mean)
	}
	if highest < 1.4 {
		t.Errorf("the highest surge is %v", highest)
	}
}

func TestIDsIncreaseWhenTheClockDoesNot(t *testing.T) {
	t.Parallel()
	var m mint
	at := TimeOf(snowflake(1_793_534_400_000, 0))
	last := m.next(at)
	for i := range 200_000 { // more than one millisecond has room for
		now := at
		if i%3 == 0 {
			now = at.Add(-1)
		}
		id := m.next(now)
		if id <= last {
			t.Fatalf("id %d after %d", id, last)
		}
		last = id
	}
}
