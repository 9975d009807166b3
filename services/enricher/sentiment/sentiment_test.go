package sentiment

import (
	"strings"
	"sync"
	"testing"
)

func TestLabelsFollowThePublishedThresholds(t *testing.T) {
	t.Parallel()
	for compound, want := range map[float64]string{
		1: "positive", 0.05: "positive", 0.0499: "neutral", 0: "neutral",
		-0.0499: "neutral", -0.05: "negative", -1: "negative",
	} {
		if got := Label(compound); got != want {
			t.Errorf("Label(%v) = %q, want %q", compound, got, want)
		}
	}
}

func TestAChangeOfWordingMovesTheScore(t *testing.T) {
	t.Parallel()
	a := New()
	for _, c := range []struct{ rule, lower, higher string }{
		{"a degree adverb strengthens", "my cat is cute", "my cat is very cute"},
		{"a softener weakens", "my cat is kinda cute", "my cat is cute"},
		{"capitals among small letters strengthen", "my cat is cute", "my cat is CUTE"},
		{"a negation turns round", "the dog is not happy", "the dog is happy"},
		{"n't turns round", "the dog isn't happy", "the dog is happy"},
		{"without doubt is no negation", "without a happy dog", "without doubt happy dog"},
		{"never so is no negation", "my dog was never happy", "my dog was never so happy"},
		{"what follows but weighs more", "a cute dog but a sad one", "a sad dog but a cute one"},
		{"exclamation marks strengthen", "the dog is happy", "the dog is happy!!"},
		{"least turns round", "the least cute dog", "the cute dog"},
		{"at least does not", "the least cute dog", "at least cute dog"},
		{"an idiom has its own value", "oh my cat is shit", "oh my cat is the shit"},
		{"an emoji counts by what it shows", "my dog 😢", "my dog 😍"},
		{"an emoticon counts", "my dog :(", "my dog :)"},
	} {
		low, high := a.Score(c.lower).Compound, a.Score(c.higher).Compound
		if low >= high {
			t.Errorf("%s: %q scores %v, %q scores %v", c.rule, c.lower, low, c.higher, high)
		}
	}
}

func TestATextWithoutWordsHasNoScores(t *testing.T) {
	t.Parallel()
	a := New()
	for _, text := range []string{"", " ", "\n\t\u3000\x1f"} {
		if got := a.Score(text); got != (Scores{}) {
			t.Errorf("Score(%q) = %+v, want zeroes", text, got)
		}
	}
}

func TestBrokenUTF8CountsAsReplacementCharacters(t *testing.T) {
	t.Parallel()
	a := New()
	for _, text := range []string{
		"\xff", "good\xff", "\xffgood", "not \xc3 good", "good \xe2\x80", "\xed\xa0\x80 good", "\xf0\x9f\x98 good 😍",
		"a\xff! good", "GOOD\xff sad", "😍\xff😍", "isn't\xff good", "\xff\xfe. good",
	} {
		var repaired strings.Builder
		for _, r := range text {
			repaired.WriteRune(r)
		}
		if got, want := a.Score(text), a.Score(repaired.String()); got != want {
			t.Errorf("Score(%q) = %+v, with replacement characters %+v", text, got, want)
		}
	}
}

func TestOneAnalyzerServesManyGoroutines(t *testing.T) {
	t.Parallel()
	a := New()
	const text = "My dog is VERY happy 😍 but the cat isn't so sure!!"
	want := a.Score(text)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if got := a.Score(text); got != want {
					t.Errorf("Score = %+v, want %+v", got, want)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestAnOrdinaryPostIsScoredWithoutTheHeap(t *testing.T) {
	a := New()
	for _, post := range usualPosts {
		if allocations := testing.AllocsPerRun(100, func() { a.Score(post) }); allocations != 0 {
			t.Errorf("%v allocations for %q", allocations, post)
		}
	}
}
