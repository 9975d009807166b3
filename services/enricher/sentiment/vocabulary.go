package sentiment

import "unicode/utf8"

// term is all that is known about one word in lower case.
type term struct {
	text     string
	valence  float64 // mean of ten raters, -4 to 4
	degree   float64 // what it adds to a positive word after it; 0 unless a degree adverb
	listed   bool    // has a valence: "listed" words take part in the score
	negation bool
	phrased  bool // is a word of some phrase
}

// unknown stands for every word without an entry, so that a word always has a
// term and the rules need no nil checks. Its text matches no word of a rule.
var unknown = &term{}

// vocabulary maps a lower-case ASCII word to what is known about it.
type vocabulary map[string]*term

func (v vocabulary) entry(name string) *term {
	t, ok := v[name]
	if !ok {
		t = &term{text: name}
		v[name] = t
	}
	return t
}

func (v vocabulary) addRuleWords() {
	for _, name := range negations {
		v.entry(name).negation = true
	}
	for _, name := range strengtheners {
		v.entry(name).degree = degreeStep
	}
	for _, name := range softeners {
		v.entry(name).degree = -degreeStep
	}
	for _, name := range contextWords {
		v.entry(name)
	}
}

// maxKey bounds the looked-up form of a word in bytes. The longest word of the
// lexicon has 19; a test holds that none is near the bound.
const maxKey = 32

// lookup finds what is known about a word in any case, or unknown.
func (v vocabulary) lookup(s []byte) *term {
	var room [maxKey]byte
	key, ok := lookupKey(s, &room)
	if !ok {
		return unknown
	}
	if t, ok := v[string(key)]; ok {
		return t
	}
	return unknown
}

// lookupKey is s in lower case, or false when it cannot be a word of the
// vocabulary: too long or with a letter outside ASCII. The Kelvin sign is the
// one letter outside ASCII whose lower case is ASCII. (Go also maps U+0130, the
// dotted capital I, to a plain i; the reference maps it to two code points.)
func lookupKey(s []byte, room *[maxKey]byte) ([]byte, bool) {
	const kelvin = '\u212A'
	n := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		s = s[size:]
		switch {
		case n == maxKey:
			return nil, false
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r == kelvin:
			r = 'k'
		case r >= 0x80:
			return nil, false
		}
		room[n] = byte(r)
		n++
	}
	return room[:n], true
}
