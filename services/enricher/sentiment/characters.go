package sentiment

import (
	"unicode"
	"unicode/utf8"
)

// The reference leans on Python's character classes, which are not Go's. Each
// is given here as Python's documentation defines it.

// isSpace is the white space of str.split: bidirectional type WS, B or S, or
// category Zs (https://docs.python.org/3/library/stdtypes.html#str.isspace).
// Unlike unicode.IsSpace it holds the four separators from U+001C.
func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || '\t' <= r && r <= '\r' || 0x1C <= r && r <= 0x1F
	}
	return unicode.IsSpace(r)
}

// isPunctuation is string.punctuation: ASCII that is neither letter, digit,
// space nor control.
func isPunctuation(b byte) bool {
	return '!' <= b && b <= '/' || ':' <= b && b <= '@' || '[' <= b && b <= '`' || '{' <= b && b <= '~'
}

// isUpper is str.isupper: at least one cased character, and each of them upper
// case (https://docs.python.org/3/library/stdtypes.html#str.isupper). It goes by
// the derived properties Uppercase and Lowercase, so that circled letters and
// Roman numerals have case while unicode.IsUpper says they have none. As with
// the reference, letters newer than the language's Unicode tables have no case.
func isUpper(s []byte) bool {
	upper := false
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		s = s[size:]
		switch {
		case r < utf8.RuneSelf:
			if 'a' <= r && r <= 'z' {
				return false
			}
			upper = upper || 'A' <= r && r <= 'Z'
		case unicode.In(r, unicode.Ll, unicode.Other_Lowercase, unicode.Lt):
			return false
		case !upper:
			upper = unicode.In(r, unicode.Lu, unicode.Other_Uppercase)
		}
	}
	return upper
}
