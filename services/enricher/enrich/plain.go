package enrich

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain is a spoken text in the form in which texts are compared: Unicode's NFKC, so that bold or full-width letters are
// letters; lower case; without controls and what does not show, such as zero-width spaces inside a word; white space as
// single spaces, none at the ends. It is not for reading and not for VADER, which goes by capitals and line by line through
// emoji.
func plain(spoken string) string {
	if !isASCII(spoken) && !norm.NFKC.IsNormalString(spoken) {
		spoken = norm.NFKC.String(spoken)
	}
	b := make([]byte, 0, len(spoken)+utf8.UTFMax)
	gap := false
	for i := 0; i < len(spoken); {
		r, size := rune(plainASCII[spoken[i]&(utf8.RuneSelf-1)]), 1
		if spoken[i] >= utf8.RuneSelf {
			r, size = plainRune(spoken[i:])
		}
		i += size
		switch r {
		case 0:
			continue
		case ' ':
			gap = len(b) > 0
			continue
		}
		if gap {
			b = append(b, ' ')
			gap = false
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}

// plainASCII is what becomes of each character of ASCII: a space, nothing (0), or what it is in lower case.
var plainASCII = func() (plain [utf8.RuneSelf]byte) {
	for c := range plain {
		switch {
		case c == ' ' || '\t' <= c && c <= '\r':
			plain[c] = ' '
		case 'A' <= c && c <= 'Z':
			plain[c] = byte(c) | 0x20
		case ' ' < c && c < 0x7f:
			plain[c] = byte(c)
		}
	}
	return plain
}()

// plainRune is the same for the first code point of a text, and tells its length in bytes.
func plainRune(text string) (plain rune, size int) {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case isEmoji(r):
		return r, size
	case unicode.IsSpace(r):
		return ' ', size
	case doesNotShow(r):
		return 0, size
	default:
		return unicode.ToLower(r), size
	}
}

// doesNotShow says whether r is a control or one of those that are ignored where they cannot be shown: Cf, variation
// selectors and the fillers of Hangul (Unicode Standard Annex #44, Default_Ignorable_Code_Point).
func doesNotShow(r rune) bool {
	return r < 0xa0 || r == 0xad || r >= 0x300 && unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// isEmoji says whether r is in the blocks of pictures, where nothing has case, is space or does not show. It saves the
// searches in Unicode's tables for what posts have most of beside ASCII.
func isEmoji(r rune) bool { return 0x1f300 <= r && r <= 0x1faff }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
