package promotion

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MinWords is how many words a text needs to be comparable: two people who have nothing to do with each other write the
// same four words about a cat every day.
const MinWords = 6

// maxWords bounds the work on one text. Texts that are the same that far are the same.
const maxWords = 2048

// Fingerprint is the SimHash of a cleaned text: texts that differ in little have fingerprints that differ in few of their
// 64 bits (Charikar 2002, Similarity Estimation Techniques from Rounding Algorithms, section 3; applied to near-duplicates
// by Manku, Jain & Das Sarma 2007, Detecting Near-Duplicates for Web Crawling). The features are pairs of neighbouring
// words, so that "dogs beat cats" and "cats beat dogs" are different texts.
//
// What is not a word does not count, because it is what changes from one copy to the next: links, mentions, hashtags,
// numbers, words with digits, punctuation, emoji. In scripts without spaces each letter is a word. comparable is false for
// a text with fewer than MinWords of them; it has no fingerprint. Time is linear in the text.
func Fingerprint(text string) (fingerprint uint64, comparable bool) {
	var t tally
	words, last := 0, uint64(hashStart)
	take := func(word uint64) {
		if words == maxWords {
			return
		}
		t.add(mix(last*pairing ^ word))
		last = word
		words++
	}
	for token := range strings.FieldsSeq(text) {
		if passedOver(token) {
			continue
		}
		word := uint64(hashStart)
		letters := 0
		for _, r := range token {
			switch {
			case r < utf8.RuneSelf && (r < 'a' || r > 'z'), r >= utf8.RuneSelf && !unicode.IsLetter(r):
				continue
			case r >= 0x0e00 && withoutSpaces(r):
				take(mix(uint64(r)))
				continue
			}
			word = (word ^ uint64(r)) * hashPrime // FNV-1a, by code points
			letters++
		}
		if letters > 0 {
			take(mix(word))
		}
	}
	if words < MinWords {
		return 0, false
	}
	t.add(mix(last*pairing ^ hashStart)) // the end, as the first pair is the beginning
	return t.majority(), true
}

// passedOver says whether a token is something else than a word, or a word with a number in it.
func passedOver(token string) bool {
	if token[0] == '#' || token[0] == '@' || strings.HasPrefix(token, "www.") {
		return true
	}
	for i := range len(token) {
		switch c := token[i]; {
		case '0' <= c && c <= '9':
			return true
		case c == '/' && strings.IndexByte(token, '.') >= 0, c == ':' && strings.HasPrefix(token[i:], "://"):
			return true
		}
	}
	return false
}

// withoutSpaces says whether r is of a script that does not put spaces between words.
func withoutSpaces(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// FNV-1a of 64 bits (RFC 9923), and an odd number of many bits.
const (
	hashStart = 0xcbf29ce484222325
	hashPrime = 0x100000001b3
	pairing   = 0x9e3779b97f4a7c15
)

// mix spreads every bit of h over all of them (the finaliser of MurmurHash3): SimHash looks at each bit by itself, and
// FNV's high bits hardly depend on a short word's end.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// tally counts, for each of 64 bits, how many hashes have it. The counters stand upright, one bit of all of them in a word,
// so that a hash costs a few operations instead of 64.
type tally struct {
	planes [tallyPlanes]uint64
	hashes int
}

// tallyPlanes is how many bits a counter has: enough to count maxWords pairs and the end.
const tallyPlanes = 12

func (t *tally) add(hash uint64) {
	t.hashes++
	for i := 0; hash != 0 && i < tallyPlanes; i++ {
		t.planes[i], hash = t.planes[i]^hash, t.planes[i]&hash
	}
}

// majority has each bit that more than half of the hashes have.
func (t *tally) majority() uint64 {
	half := uint64(t.hashes / 2)
	more, equal := uint64(0), ^uint64(0) // compared with half, from the highest bit down
	for i := tallyPlanes - 1; i >= 0; i-- {
		if half>>i&1 == 1 {
			equal &= t.planes[i]
		} else {
			more |= equal & t.planes[i]
			equal &^= t.planes[i]
		}
	}
	return more
}
