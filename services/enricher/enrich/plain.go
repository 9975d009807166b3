package enrich

import (
	"strings"
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
	var b strings.Builder
	b.Grow(len(spoken) + utf8.UTFMax)
	gap := false
	for i := 0; i < len(spoken); {
		r, size := rune(spoken[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(spoken[i:])
		}
		i += size
		switch {
		case r == ' ' || '\t' <= r && r <= '\r' || r >= utf8.RuneSelf && !isEmoji(r) && unicode.IsSpace(r):
			gap = b.Len() > 0
			continue
		case r < ' ' || r >= 0x7f && doesNotShow(r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		switch {
		case 'A' <= r && r <= 'Z':
			b.WriteByte(byte(r) | 0x20)
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case isEmoji(r):
			b.WriteRune(r)
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// doesNotShow says whether r is a control or one of those that are ignored where they cannot be shown: Cf, variation
// selectors and the fillers of Hangul (Unicode Standard Annex #44, Default_Ignorable_Code_Point).
func doesNotShow(r rune) bool {
	return !isEmoji(r) && (r < 0xa0 || r == 0xad || r >= 0x300 && unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point))
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
