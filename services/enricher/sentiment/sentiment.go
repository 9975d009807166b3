package sentiment

// Scores is the sentiment of one text, rounded as the reference rounds.
type Scores struct {
	// Negative, Neutral and Positive are the shares of the text that read so,
	// each in [0,1] with three decimals. They sum to 1 but for rounding, or are
	// all 0 for a text without words.
	Negative, Neutral, Positive float64
	// Compound is the whole text's sentiment in [-1,1] with four decimals, from
	// most negative to most positive; 0 for a text without words.
	Compound float64
}

// Label names a compound score: "positive" from 0.05 up, "negative" from -0.05
// down, otherwise "neutral". The thresholds are those the authors publish:
// https://github.com/cjhutto/vaderSentiment#about-the-scoring.
func Label(compound float64) string {
	switch {
	case compound >= 0.05:
		return "positive"
	case compound <= -0.05:
		return "negative"
	default:
		return "neutral"
	}
}

// Analyzer scores texts. It holds the parsed lexicon (about 1 MB), never
// changes after New and may be used by many goroutines at once.
type Analyzer struct {
	emoji    emojiDescriptions
	terms    vocabulary
	idioms   phraseValues
	softened phraseValues
}

// New parses the embedded lexicon, which takes some milliseconds: make one and
// share it. It panics if the lexicon cannot be parsed; as the lexicon is part
// of the program, that is a broken build and not a matter of input.
func New() *Analyzer {
	emoji, err := parseEmoji(emojiLexicon)
	if err != nil {
		panic("sentiment: " + err.Error())
	}
	terms, err := parseVocabulary(wordLexicon)
	if err != nil {
		panic("sentiment: " + err.Error())
	}
	return &Analyzer{
		emoji:    emoji,
		terms:    terms,
		idioms:   terms.addPhrases(idiomValences),
		softened: terms.addPhrases(softeningPhrases),
	}
}

// usualBytes and usualWords are the sizes up to which scoring needs no heap. A
// post of 280 characters has hardly more words, and hardly more bytes once its
// emoji are described.
const (
	usualBytes = 1024
	usualWords = 64
)

// Score rates one text of any length, in time linear in it (n log n after a
// "but"). Bytes that are not valid UTF-8 count as U+FFFD, one each.
func (a *Analyzer) Score(post string) Scores {
	var textRoom [usualBytes]byte
	text := a.emoji.describe(textRoom[:0], post)

	var wordRoom [usualWords]word
	words := a.terms.split(wordRoom[:0], text)
	s := sentence{words: words, someShout: someShout(words)}

	var valenceRoom [usualWords]float64
	valences := valenceRoom[:0]
	for i := range words {
		valences = append(valences, a.valence(s, i))
	}
	if but := indexOf(words, "but"); but >= 0 {
		weighContrast(valences, but)
	}
	return total(valences, emphasis(text))
}
