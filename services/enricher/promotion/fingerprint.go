package promotion

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MinWords is how many words a text needs to be comparable: two people who have nothing to do with each other write the
// same four words about a cat every day.
const MinWords = 6

// maxWords bounds the work on one text.
const maxWords = 2048

// Fingerprint stands for a cleaned text where texts are compared. It answers two questions: which texts may be the same
// (its bands, by which a Window finds them), and whether two of them are (its words). Its size is fixed.
//
// The bands are a MinHash (Broder 1997, On the Resemblance and Containment of Documents) of the pairs of neighbouring words:
// of two texts the least hash of all pairs is the same with a probability of their resemblance, what they have in common
// over what they have together. A band joins two such minima, so that one common turn of phrase does not yet make
// candidates, and one band of several is enough (Indyk & Motwani 1998, Approximate Nearest Neighbors). SimHash (Charikar 2002)
// finds pages of the web that differ in a menu or a date, but is no use here: one other word in a text of 12 to 19 left no
// more than 3 of its 64 bits different in 1.5 % of cases, and in a text of 20 to 45 in 9 %.
type Fingerprint struct {
	bands [bands]uint32
	sequence
}

// sequence is the first words of a text, a byte of each word's hash, and how many they are. Texts that are the same that far
// are the same: it is about as much as a post on X has.
type sequence struct {
	count uint8
	words [keptWords]uint8
}

const (
	keptWords = 40
	bands     = 4
	rows      = 2 // minima in a band
)

// FingerprintOf returns the fingerprint of a cleaned text. What is not a word does not count, because it is what changes from
// one copy to the next: links, mentions, hashtags, numbers, words with digits, punctuation, emoji. In scripts without
// spaces each letter is a word. comparable is false for a text with fewer than MinWords of them; it has no fingerprint.
// Time is linear in the text.
func FingerprintOf(text string) (f Fingerprint, comparable bool) {
	least := noMinima
	words, last := 0, uint64(hashStart)
	take := func(word uint64) {
		if words == maxWords {
			return
		}
		if words < keptWords {
			f.words[words] = uint8(word >> 56)
			f.count++
		}
		least.add(mix(last*pairing ^ word))
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
		return Fingerprint{}, false
	}
	least.add(mix(last*pairing ^ hashStart)) // the end, as the first pair is the beginning
	f.bands = least.bands()
	return f, true
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

// mix spreads every bit of h over all of them (the finaliser of MurmurHash3): minima go by the high bits, and FNV's hardly
// depend on a short word's end.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// minima are the least of all hashes, by as many orders as there are rows in all bands.
type minima [bands * rows]uint64

var noMinima = func() (m minima) {
	for i := range m {
		m[i] = ^uint64(0)
	}
	return m
}()

// add takes a hash in. Each order is that of the hash times another odd number: the top bits of a product depend on all
// bits of both.
func (m *minima) add(hash uint64) {
	factor := uint64(pairing)
	for i := range m {
		m[i] = min(m[i], hash*factor)
		factor *= hashPrime
	}
}

func (m *minima) bands() (keys [bands]uint32) {
	for b := range keys {
		keys[b] = uint32(mix(m[rows*b]*pairing^m[rows*b+1]) >> 32)
	}
	return keys
}
