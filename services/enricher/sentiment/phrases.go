package sentiment

import "strings"

// phrase is two or three words in lower case, the third "" for two.
type phrase [3]string

// phraseValues gives a value to runs of words.
type phraseValues map[phrase]float64

// addPhrases splits the phrases into words, each of which it marks in the
// vocabulary, so that lookup can pass over the other words without hashing.
func (v vocabulary) addPhrases(values map[string]float64) phraseValues {
	p := make(phraseValues, len(values))
	for text, value := range values {
		var key phrase
		for i, name := range strings.Fields(text) {
			t := v.entry(name)
			t.phrased = true
			key[i] = t.text
		}
		p[key] = value
	}
	return p
}

// lookup gives the value of a run of two or three words.
func (p phraseValues) lookup(run []word) (float64, bool) {
	var key phrase
	for i, w := range run {
		// Nearly every run ends here, unhashed. An unknown word, which has no text,
		// must end here, or it would pass for the missing third of a phrase of two.
		if !w.phrased {
			return 0, false
		}
		key[i] = w.text
	}
	value, ok := p[key]
	return value, ok
}
