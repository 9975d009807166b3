package rule

import (
	"unicode"
	"unicode/utf8"
)

// containsPhrase finds phrase (lower case, single blanks) in text, in any
// case, where it begins and ends at a word's edge: "cat" is in "#Cat!" and not
// in "category". Punctuation inside a phrase is matched as written.
func containsPhrase(text, phrase string) bool {
	if phrase == "" {
		return false
	}
	first, size := utf8.DecodeRuneInString(phrase)
	last, _ := utf8.DecodeLastRuneInString(phrase)
	before := rune(-1)
	for at := 0; at < len(text); {
		// Decoded by hand: an invalid byte is one byte wide, which ranging over
		// the text would not tell.
		r, width := utf8.DecodeRuneInString(text[at:])
		at += width
		if lower(r) == first && !joined(before, first) {
			if n, ok := hasPrefixFold(text[at:], phrase[size:]); ok {
				after, more := utf8.DecodeRuneInString(text[at+n:])
				if more == 0 || !joined(last, after) {
					return true
				}
			}
		}
		before = r
	}
	return false
}

// hasPrefixFold says whether text begins with phrase and how many bytes of
// text that takes; a blank of the phrase stands for any run of white space.
func hasPrefixFold(text, phrase string) (int, bool) {
	at := 0
	for _, want := range phrase {
		r, size := utf8.DecodeRuneInString(text[at:])
		if want == ' ' {
			if size == 0 || !unicode.IsSpace(r) {
				return 0, false
			}
			for size > 0 && unicode.IsSpace(r) {
				at += size
				r, size = utf8.DecodeRuneInString(text[at:])
			}
			continue
		}
		if size == 0 || lower(r) != want {
			return 0, false
		}
		at += size
	}
	return at, true
}

func equalFold(text, lowered string) bool {
	end, ok := hasPrefixFold(text, lowered)
	return ok && end == len(text)
}

// lower is strings.ToLower for one rune: rules and hashtags are folded by that
// one, and two ways of folding would disagree on the odd letter.
func lower(r rune) rune {
	if r <= unicode.MaxASCII {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	return unicode.ToLower(r)
}

// isWordRune is what X's tokens are made of: it splits at punctuation, symbols
// and separators.
func isWordRune(r rune) bool {
	if r <= unicode.MaxASCII {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
}

// joins reports runes that continue the word beside them. Scripts that are
// written without blanks have no such edges to look for.
func joins(r rune) bool {
	if r < 0 || !isWordRune(r) {
		return false
	}
	if r <= unicode.MaxASCII {
		return true
	}
	if r >= '\ufe00' && r <= '\ufe0f' {
		return false // a variation selector follows an emoji and ends no word
	}
	return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// joined says that there is no edge of a word between two runes.
func joined(a, b rune) bool { return joins(a) && joins(b) }
