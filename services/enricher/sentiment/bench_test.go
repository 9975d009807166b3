package sentiment

import "testing"

// BenchmarkScore rates invented posts of 150 to 200 characters.
func BenchmarkScore(b *testing.B) {
	a := New()
	for _, c := range []struct{ name, text string }{
		{"plain", "My cat has found the one sunny spot on the sofa again and she is not going to share it with anybody today, " +
			"least of all with the very jealous dog next door #cats #sofa https://example.test/a1"},
		{"emoji", "Two dogs, one ball and absolutely no plan 😂 the puppy was so happy that he ran straight into the pond 🐶💦 " +
			"best walk of the week, I love these two idiots #dogs https://example.test/b2"},
		{"but", "The kitten looked really sweet and innocent in the shelter, but at home she is a TERRIBLE little monster!! " +
			"Curtains ruined, plants dead, and I still adore her more than anything #kittens"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				a.Score(c.text)
			}
		})
	}
}
