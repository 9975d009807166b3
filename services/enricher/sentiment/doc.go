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
// swallows it. testdata/golden.ndjson holds the reference's scores of some
// thousand sentences; testdata/broad.py has it score hundreds of thousands beside
// the port. On all of them the two agree to the last decimal.
//
// One thing depends on the Python that runs the reference. Where the valences of a
// text cancel out ("love" and a word as strong against it), what rounding leaves of
// the sum, some 1e-16, decides whether and in which direction exclamation marks
// count. Python added from left to right when 3.3.2 was released, as this package
// does; from 3.12 on its sum compensates. Of texts of nothing but listed words with
// marks about one in 400 comes out otherwise there, of others hardly one in 50,000.
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
