package promotion

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// writer makes texts up. Some words of its language are much more common than others, as they are in every one (Zipf).
type writer struct {
	rng   *rand.Rand
	zipf  *rand.Zipf
	words []string
}

func newWriter(seed uint64) *writer {
	w := &writer{rng: rand.New(rand.NewPCG(seed, 20))}
	for len(w.words) < 4000 {
		var b strings.Builder
		for range 1 + w.rng.IntN(4) {
			b.WriteByte("bcdfghklmnprstvw"[w.rng.IntN(16)])
			b.WriteString([]string{"a", "e", "i", "o", "u", "ai", "ea", "ou"}[w.rng.IntN(8)])
		}
		w.words = append(w.words, b.String())
	}
	w.zipf = rand.NewZipf(w.rng, 1.1, 8, uint64(len(w.words)-1))
	return w
}

func (w *writer) word() string { return w.words[w.zipf.Uint64()] }

func (w *writer) text(words int) []string {
	text := make([]string, words)
	for i := range text {
		text[i] = w.word()
	}
	return text
}

// other is a word that is another one than this.
func (w *writer) other(word string) string {
	for {
		if o := w.words[w.rng.IntN(len(w.words))]; o != word {
			return o
		}
	}
}

// changed is the text with one word put in, left out, or another one in its place.
func (w *writer) changed(text []string, how int) []string {
	at := w.rng.IntN(len(text))
	switch how {
	case 0:
		text = slices.Clone(text)
		text[at] = w.other(text[at])
		return text
	case 1:
		return slices.Insert(slices.Clone(text), at, w.other(text[at]))
	default:
		return slices.Delete(slices.Clone(text), at, at+1)
	}
}

func TestATextWithOneWordChangedIsFound(t *testing.T) {
	t.Parallel()
	write := newWriter(1)
	w := NewWindow(100_000, time.Hour)
	id := 0
	seen := func(author string, text []string) Repeats {
		id++
		f := fingerprint(t, strings.Join(text, " "))
		return w.Seen(fmt.Sprint(id), author, &f, start)
	}
	for range 8000 { // what everybody else writes
		seen("", write.text(6+write.rng.IntN(40)))
	}
	for _, c := range []struct{ shortest, longest, percent int }{{8, 11, 80}, {12, 19, 95}, {20, 45, 98}, {46, 400, 98}} {
		for how, name := range []string{"changed", "put in", "left out"} {
			const tries = 400
			found := 0
			for range tries {
				words := c.shortest + write.rng.IntN(c.longest-c.shortest+1)
				if how == 2 {
					words++
				}
				text, author := write.text(words), fmt.Sprint("a", id)
				seen(author, text)
				found += seen(author, write.changed(text, how)).Own
			}
			t.Logf("%d to %d words, one %s: %.1f %%", c.shortest, c.longest, name, 100*float64(found)/tries)
			if found*100 < c.percent*tries {
				t.Errorf("of texts of %d to %d words with one %s %d of %d are found, want %d %%", c.shortest, c.longest, name, found, tries, c.percent)
			}
		}
	}
}

// Posts of one person have turns of phrase in common, and a begin or an end that never changes. That does not make them
// repeats of each other.
func TestTextsThatShareAPhraseAreNoRepeats(t *testing.T) {
	t.Parallel()
	write := newWriter(2)
	w := NewWindow(100_000, time.Hour)
	texts, taken := 0, 0
	for range 300 {
		author, begin, end := fmt.Sprint("a", texts), write.text(5), write.text(4)
		for n := range 60 {
			text := write.text(8 + write.rng.IntN(20))
			switch n % 4 {
			case 0:
				text = append(slices.Clone(begin), text[:4]...)
			case 1:
				text = append(text[:5], end...)
			case 2:
				text = slices.Concat(begin, text, end)
			}
			f := fingerprint(t, strings.Join(text, " "))
			if got := w.Seen(fmt.Sprint(texts), author, &f, start); got != (Repeats{}) {
				taken++
			}
			texts++
		}
	}
	if taken*10_000 > texts {
		t.Errorf("%d of %d are taken for repeats", taken, texts)
	}
}

func TestTextsAreCountedAsNearlyTheSameByWhatAMatrixOfDistancesSays(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 21))
	near := 0
	for range 10_000 {
		a := make([]uint8, rng.IntN(12))
		for i := range a {
			a[i] = uint8(rng.IntN(3))
		}
		b := slices.Clone(a)
		for range rng.IntN(6) {
			switch at := rng.IntN(len(b) + 1); {
			case rng.IntN(2) == 0:
				b = slices.Insert(b, at, uint8(rng.IntN(3)))
			case at < len(b):
				b = slices.Delete(b, at, at+1)
			}
		}
		for allowed := range maxChanges + 1 {
			want := distance(a, b) <= allowed
			if within(allowed, a, b) != want || within(allowed, b, a) != want {
				t.Fatalf("%v and %v within %d: %t", a, b, allowed, !want)
			}
			if want {
				near++
			}
		}
	}
	if near < 1000 {
		t.Errorf("only %d are near", near)
	}
}

// distance is that of Levenshtein.
func distance(a, b []uint8) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func TestShortTextsMustBeTheSameWordForWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"good morning from my old cat", "good morning from my old cat", true},
		{"good morning from my old cat", "good morning from my old dog", false},
		{"good morning from my old cat and me", "good morning from my old dog and me", true},
		{"good morning from my old cat and me", "good evening from my old dog and me", false},
		{"buy the ball that every clever dog wants for only nine euros today and be happy", "buy the ball that every clever cat wants for only five euros today and be happy", true},
	} {
		a, b := fingerprint(t, c.a), fingerprint(t, c.b)
		if a.resembles(&b.sequence) != c.want || b.resembles(&a.sequence) != c.want {
			t.Errorf("%q and %q: %t", c.a, c.b, !c.want)
		}
	}
}
