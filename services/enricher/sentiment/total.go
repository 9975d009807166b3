package sentiment

import (
	"bytes"
	"math"
	"strconv"
)

// emphasis is what the exclamation and question marks of a text add to its
// sentiment, at most 2.128.
func emphasis(text []byte) float64 {
	exclamations := min(bytes.Count(text, []byte{'!'}), 4)
	amount := float64(float64(exclamations) * 0.292)
	switch questions := bytes.Count(text, []byte{'?'}); {
	case questions > 3:
		amount += 0.96
	case questions > 1:
		amount += float64(float64(questions) * 0.18)
	}
	return amount
}

// total sums up the valences of the words of a text and the emphasis of its
// punctuation.
func total(valences []float64, emphasis float64) Scores {
	if len(valences) == 0 {
		return Scores{}
	}
	var sum, positive, negative, neutral float64
	for _, v := range valences {
		sum += v
		// One more than the valence, because a neutral word counts as one.
		switch {
		case v > 0:
			positive += v + 1
		case v < 0:
			negative += 1 - v
		default:
			neutral++
		}
	}
	switch {
	case sum > 0:
		sum += emphasis
	case sum < 0:
		sum -= emphasis
	}
	switch {
	case positive > negative:
		positive += emphasis
	case positive < negative:
		negative += emphasis
	}
	whole := positive + negative + neutral
	return Scores{
		Negative: round(negative/whole, 3),
		Neutral:  round(neutral/whole, 3),
		Positive: round(positive/whole, 3),
		Compound: round(normalize(sum), 4),
	}
}

// normalize maps a sum of valences to [-1,1]. The 15 approximates the largest
// sum to be expected (Hutto & Gilbert 2014, and the reference's alpha).
func normalize(sum float64) float64 {
	return max(-1, min(1, sum/math.Sqrt(float64(sum*sum)+15)))
}

// round rounds x, of magnitude up to 1, to a few decimals, half to even on its
// exact binary value, as Python's round does.
func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	scaled := x * scale
	nearest := math.RoundToEven(scaled)
	// The product is off by less than 1e-11: only beside a tie can that matter,
	// and there the exact decimal expansion decides.
	if math.Abs(math.Abs(scaled-nearest)-0.5) < 1e-9 {
		exact, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', decimals, 64), 64)
		if err == nil {
			return exact + 0
		}
	}
	return nearest/scale + 0 // + 0 makes of -0, which JSON would show, a 0
}
