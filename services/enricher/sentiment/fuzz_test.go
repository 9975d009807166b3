package sentiment

import (
	"math"
	"testing"
)

func FuzzScore(f *testing.F) {
	for _, seed := range []string{
		"", "My cat is VERY cute!!", "not good but :( ???", "😍no😍 or bad", "a b kind of the shit", "\xff\u3000İn't \u212aind of",
		"never so this least happy", "good but bad but good",
	} {
		f.Add(seed)
	}
	a := New()
	f.Fuzz(func(t *testing.T, text string) {
		s := a.Score(text)
		if !(s.Compound >= -1 && s.Compound <= 1) {
			t.Errorf("compound %v is out of [-1,1]", s.Compound)
		}
		for _, share := range []float64{s.Negative, s.Neutral, s.Positive} {
			if !(share >= 0 && share <= 1) {
				t.Errorf("share %v is out of [0,1]", share)
			}
		}
		// Three roundings to three decimals: at most 0.0015 off.
		sum := s.Negative + s.Neutral + s.Positive
		if s != (Scores{}) && math.Abs(sum-1) > 0.0016 {
			t.Errorf("shares sum to %v: %+v", sum, s)
		}
		if s.Compound > 0 && s.Positive == 0 || s.Compound < 0 && s.Negative == 0 {
			// A share below 0.0005 rounds to 0, which takes a long text.
			if len(text) < 1000 {
				t.Errorf("compound without its share: %+v", s)
			}
		}
	})
}
