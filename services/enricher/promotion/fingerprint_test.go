package promotion

import (
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func fingerprint(t *testing.T, text string) uint64 {
	t.Helper()
	f, ok := Fingerprint(text)
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
			t.Errorf("%d bits differ: %q", bits.OnesCount64(got^want), text)
		}
	}
}

func TestAWordChangedInALongTextIsStillNearlyTheSame(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		var b strings.Builder
		for range 3 + rng.IntN(6) {
			b.WriteByte(byte('a' + rng.IntN(26)))
		}
		return b.String()
	}
	near := 0
	for range 200 {
		words := make([]string, 400)
		for i := range words {
			words[i] = word()
		}
		before := fingerprint(t, strings.Join(words, " "))
		words[rng.IntN(len(words))] = word()
		if bits.OnesCount64(before^fingerprint(t, strings.Join(words, " "))) <= maxDistance {
			near++
		}
	}
	if near < 120 {
		t.Errorf("only %d of 200 are found", near)
	}
}

func TestOtherTextsAreFarApart(t *testing.T) {
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
			if d := bits.OnesCount64(fingerprint(t, a) ^ fingerprint(t, b)); d <= 2*maxDistance {
				t.Errorf("%d bits between %q and %q", d, a, b)
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
		if _, got := Fingerprint(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestTheMajorityIsThatOfEachBitCountedByItself(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 300 {
		var fast tally
		var slow [64]int
		for range n {
			h := rng.Uint64() & rng.Uint64()
			if n%3 == 0 {
				h |= rng.Uint64()
			}
			fast.add(h)
			for b := range slow {
				slow[b] += int(h >> b & 1)
			}
		}
		want := uint64(0)
		for b, count := range slow {
			if 2*count > n {
				want |= 1 << b
			}
		}
		if got := fast.majority(); got != want {
			t.Fatalf("%d hashes: %064b, want %064b", n, got, want)
		}
	}
}

func FuzzFingerprintIsTheSameForTheSameText(f *testing.F) {
	f.Add(offer)
	f.Add("ねこ#\xff@ \u0301 // www.")
	f.Add(strings.Repeat("猫", 3*maxWords))
	f.Fuzz(func(t *testing.T, text string) {
		a, okA := Fingerprint(text)
		b, okB := Fingerprint(text)
		if a != b || okA != okB || okA && utf8.RuneCountInString(text) < MinWords {
			t.Errorf("%x %t, %x %t", a, okA, b, okB)
		}
	})
}

func BenchmarkFingerprint(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Fingerprint(offer); !ok {
			b.Fatal("not comparable")
		}
	}
}
