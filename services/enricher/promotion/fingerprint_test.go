package promotion

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func fingerprint(t testing.TB, text string) Fingerprint {
	t.Helper()
	f, ok := FingerprintOf(text)
	if !ok {
		t.Fatalf("%q is not comparable", text)
	}
	return f
}

const offer = "our new ball for clever dogs is here order yours today and be quick about it"

func TestWhatChangesFromCopyToCopyDoesNotCount(t *testing.T) {
	t.Parallel()
	want := fingerprint(t, offer)
	for _, text := range []string{
		"@somebody @else_1 " + offer + " #dog #dogs https://t.example/Xy1z",
		"our new ball for clever dogs is here!!! order yours today... and be quick about it 🐕‍🦺🎾",
		"1) our new ball for clever dogs is here (order yours today) & be4 10:30 and be quick about it x77b shop.example/ball www.shop.example",
	} {
		if got := fingerprint(t, text); got != want {
			t.Errorf("another fingerprint: %q", text)
		}
	}
}

func TestOtherTextsAreOthers(t *testing.T) {
	t.Parallel()
	texts := []string{
		offer,
		"dogs are so much better than cats", "cats are so much better than dogs",
		"this rescue cat stole my chair again and i can't stop laughing",
		"my old cat has slept on the kitchen table since this morning",
		"うちの犬が掃除機に吠えています", "うちの猫が掃除機の上で寝ています",
		"der hund von nebenan bellt schon den ganzen tag",
	}
	for i, a := range texts {
		for _, b := range texts[:i] {
			f, g := fingerprint(t, a), fingerprint(t, b)
			if f.resembles(&g.sequence) {
				t.Errorf("%q and %q", a, b)
			}
		}
	}
}

func TestATextOfFewWordsIsNotComparable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false,
		"#cat #cats #kitten #kitty #cute #love #monday":          false,
		"a cat on my table":                                      false,
		"a cat on my table 2026 10:30 🐈 !!":                      false,
		"a cat on my kitchen table":                              true,
		"ねこねこねこ":                                                 true,
		"ねこ ねこ":                                                  false,
		"https://t.example/a https://t.example/b @a @b @c @d @e": false,
	} {
		if _, got := FingerprintOf(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func FuzzFingerprintIsTheSameForTheSameText(f *testing.F) {
	f.Add(offer)
	f.Add("ねこ#\xff@ \u0301 // www.")
	f.Add(strings.Repeat("猫", 3*maxWords))
	f.Fuzz(func(t *testing.T, text string) {
		a, okA := FingerprintOf(text)
		b, okB := FingerprintOf(text)
		if a != b || okA != okB || okA && utf8.RuneCountInString(text) < MinWords {
			t.Errorf("%v %t, %v %t", a, okA, b, okB)
		}
	})
}

func BenchmarkFingerprint(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := FingerprintOf(offer); !ok {
			b.Fatal("not comparable")
		}
	}
}
