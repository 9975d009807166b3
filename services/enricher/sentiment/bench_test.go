package sentiment

import (
	"fmt"
	"strings"
	"testing"
)

// usualPosts are invented posts of 150 to 200 characters.
var usualPosts = map[string]string{
	"plain": "My cat has found the one sunny spot on the sofa again and she is not going to share it with anybody today, " +
		"least of all with the very jealous dog next door #cats #sofa https://example.test/a1",
	"emoji": "Two dogs, one ball and absolutely no plan 😂 the puppy was so happy that he ran straight into the pond 🐶💦 " +
		"best walk of the week, I love these two idiots #dogs https://example.test/b2",
	"but": "The kitten looked really sweet and innocent in the shelter, but at home she is a TERRIBLE little monster!! " +
		"Curtains ruined, plants dead, and I still adore her more than anything #kittens",
}

func BenchmarkScore(b *testing.B) {
	a := New()
	for name, post := range usualPosts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(post)))
			b.ReportAllocs()
			for b.Loop() {
				a.Score(post)
			}
		})
	}
}

// BenchmarkScoreHostile rates texts that would be dear if any step looked back over
// the text. Of a pair the longer should have about the MB/s of the shorter; work in
// the square of the length would leave it a tenth.
func BenchmarkScoreHostile(b *testing.B) {
	a := New()
	for _, length := range []int{10_000, 100_000} {
		for name, text := range map[string]string{
			"but-last":    strings.Repeat(":) ", length/3) + "but",
			"but-first":   "but " + strings.Repeat(":) :( good bad ", length/15),
			"emoji":       strings.Repeat("😍", length),
			"one-word":    strings.Repeat("!a", length/2),
			"punctuation": strings.Repeat("!?", length/2),
			"apostrophes": strings.Repeat("n't", length/3),
			"spaces":      strings.Repeat(" \u3000", length/2),
		} {
			b.Run(fmt.Sprintf("%s/%d", name, length), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					a.Score(text)
				}
			})
		}
	}
}
