// Package sentiment says how positive or negative an English post reads. It is
// a port of VADER, the rule-based model for the sentiment of social media text:
//
//	Hutto, C.J. & Gilbert, E.E. (2014). VADER: A Parsimonious Rule-based Model
//	for Sentiment Analysis of Social Media Text. ICWSM-14, Ann Arbor, MI.
//	https://ojs.aaai.org/index.php/ICWSM/article/view/14550
//
// The yardstick is the authors' own implementation, vaderSentiment 3.3.2
// (https://github.com/cjhutto/vaderSentiment), not the paper: where the two
// differ, and where the implementation has quirks, the quirks are kept, so that
// scores can be compared with anybody else's. A curly apostrophe, for example,
// does not make "don’t" a negation, and an emoji written against the next word
// swallows it. testdata/golden.ndjson holds the reference's scores.
//
// lexicon/ holds the word list and the emoji descriptions of that release,
// unchanged but for the line ends, under the MIT licence that lies beside them
// (copyright 2016 C.J. Hutto). The rules in this package were ported from the
// same work.
//
// The package does not detect languages: a text that is not English has hardly
// a word in the lexicon and comes out neutral, so callers decide by language
// whether a score means anything. It does no I/O.
package sentiment
