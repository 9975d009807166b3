package enrich

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestACodePointIsFoundInWhateverOrderTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{"", "a cat", "🐱 é\xff\xffねこ", strings.Repeat("aé🐱", 40)} {
		offsets := codePoints(text)
		var ascending, any place
		for n := range len(offsets) + 3 {
			at, ok := ascending.of(text, n)
			if ok != (n < len(offsets)) || ok && at != int(offsets[n]) {
				t.Fatalf("%q, %d: %d, %t", text, n, at, ok)
			}
		}
		for range 200 {
			n := rng.IntN(len(offsets) + 3)
			at, ok := any.of(text, n)
			if ok != (n < len(offsets)) || ok && at != int(offsets[n]) {
				t.Fatalf("%q, %d: %d, %t", text, n, at, ok)
			}
		}
		if any.offsets == nil && text != "" {
			t.Errorf("%q: the way is gone %d times", text, any.back)
		}
	}
}
