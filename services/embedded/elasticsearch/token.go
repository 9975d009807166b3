package elasticsearch

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
)

// Tokens of the FTS5 table. A document's row holds, separated by spaces, tokens of [a-z0-9] and bytes above 0x7F, which
// is what FTS5's ascii tokenizer takes for a token:
//
//	all            every document
//	i<index>       the index it is in
//	e<field>       a field that has a value
//	k<field>x<v>   an exact value (keyword, boolean), escaped
//	t<field>x<w>   a word of a text, escaped, in the order of the text
//	g              a gap that no phrase reaches over
const (
	tokenAll  = "all"
	tokenNone = "none" // no document has it
	tokenGap  = "g"
)

const maxEscaped = 256 // longer values are found by their hash

func indexToken(index int64) string               { return "i" + strconv.FormatInt(index, 10) }
func existsToken(field int64) string              { return "e" + strconv.FormatInt(field, 10) }
func exactToken(field int64, value string) string { return "k" + valueToken(field, value) }
func wordToken(field int64, word string) string   { return "t" + valueToken(field, word) }

func valueToken(field int64, value string) string {
	if len(value) > maxEscaped {
		sum := sha256.Sum256([]byte(value))
		return strconv.FormatInt(field, 10) + "y" + hex.EncodeToString(sum[:])
	}
	return strconv.FormatInt(field, 10) + "x" + escape(value)
}

// escape writes every ASCII byte but a-y and 0-9 as z and two hex digits: FTS5 would split at some of them and fold
// the case of others. Different values have different escapes.
func escape(value string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.Grow(len(value) + 8)
	for i := range len(value) {
		c := value[i]
		if 'a' <= c && c <= 'y' || '0' <= c && c <= '9' || c >= 0x80 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('z')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// words cuts a text as the standard analyzer does, nearly: runs of letters, digits and marks, with inner apostrophes and
// underscores, in lower case; each ideograph and each symbol above ASCII (emoji) is a word of its own.
func words(text string) []string {
	var found []string
	start := -1
	end := func(at int) {
		if start >= 0 {
			if word := strings.Trim(strings.ToLower(text[start:at]), "'’"); word != "" {
				found = append(found, word)
			}
			start = -1
		}
	}
	for at, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r > unicode.MaxASCII && unicode.IsSymbol(r) && r != 0xFE0F:
			end(at)
			found = append(found, string(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mn, r) && r != 0xFE0F || unicode.Is(unicode.Mc, r) || r == '_':
			if start < 0 {
				start = at
			}
		case (r == '\'' || r == '’') && start >= 0:
			// may be inner; end trims it where it is not
		default:
			end(at)
		}
	}
	end(len(text))
	return found
}

// tokens returns the row of the FTS5 table for a document. Field numbers come from number.
func tokens(index int64, postings []posting, number func(path string) int64) string {
	var b strings.Builder
	b.WriteString(tokenAll + " " + indexToken(index))
	seen := map[string]bool{}
	for _, p := range postings {
		if id := number(p.path); !seen[p.path] {
			seen[p.path] = true
			b.WriteString(" " + existsToken(id))
		}
		switch {
		case p.field.unindexed:
		case p.field.kind == "keyword" || p.field.kind == "boolean":
			b.WriteString(" " + exactToken(number(p.path), p.text))
		case p.field.kind == "text":
			b.WriteString(" " + tokenGap)
			for _, word := range words(p.text) {
				b.WriteString(" " + wordToken(number(p.path), word))
			}
			b.WriteString(" " + tokenGap)
		}
	}
	return b.String()
}
