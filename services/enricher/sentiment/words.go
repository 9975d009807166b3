package sentiment

import "unicode/utf8"

// word is one word or emoticon of a text.
type word struct {
	*term
	shouted bool // ALL CAPS
	negates bool // is a negation or has "n't" in it
}

func (w word) is(text string) bool { return w.text == text }

// split appends the words of text to dst: runs without white space, less the
// punctuation around them.
func (v vocabulary) split(dst []word, text []byte) []word {
	for {
		var token []byte
		if token, text = cutToken(text); len(token) == 0 {
			return dst
		}
		token = trimPunctuation(token)
		t := v.lookup(token)
		dst = append(dst, word{
			term:    t,
			shouted: isUpper(token),
			negates: t.negation || hasNt(token),
		})
	}
}

// cutToken cuts the first run without white space out of text, empty when there
// is none. bytes.FieldsFuncSeq would do, but it moves the text to the heap.
func cutToken(text []byte) (token, rest []byte) {
	text = text[prefix(text, true):]
	end := prefix(text, false)
	return text[:end], text[end:]
}

// prefix is the length in bytes of the white space that text begins with, or of
// what is none.
func prefix(text []byte, space bool) int {
	length := 0
	for length < len(text) {
		r, size := rune(text[length]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[length:])
		}
		if isSpace(r) != space {
			break
		}
		length += size
	}
	return length
}

// trimPunctuation takes ASCII punctuation off both ends, unless two characters
// or fewer would be left: then the token is likely an emoticon.
func trimPunctuation(token []byte) []byte {
	start, end := 0, len(token)
	for start < end && isPunctuation(token[start]) {
		start++
	}
	for end > start && isPunctuation(token[end-1]) {
		end--
	}
	trimmed := token[start:end]
	if len(trimmed) <= 2*utf8.UTFMax && utf8.RuneCount(trimmed) <= 2 {
		return token
	}
	return trimmed
}

// hasNt reports whether s holds "n't" in any case. Only the ASCII apostrophe
// counts, as in the reference.
func hasNt(s []byte) bool {
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\'' && s[i-1]|0x20 == 'n' && s[i+1]|0x20 == 't' {
			return true
		}
	}
	return false
}

// someShout reports whether some but not all words are in ALL CAPS. Only then
// are capitals emphasis: a text in nothing but capitals is a habit.
func someShout(words []word) bool {
	shouted := 0
	for _, w := range words {
		if w.shouted {
			shouted++
		}
	}
	return 0 < shouted && shouted < len(words)
}

func indexOf(words []word, text string) int {
	for i, w := range words {
		if w.is(text) {
			return i
		}
	}
	return -1
}
