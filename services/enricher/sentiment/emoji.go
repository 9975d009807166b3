package sentiment

import (
	"strings"
	"unicode/utf8"
)

// emojiDescriptions maps an emoji of one code point to what it shows, in words
// that the lexicon may know.
type emojiDescriptions map[rune]string

// describe replaces each emoji by its description. A space goes before it but,
// as in the reference, none after it.
func (d emojiDescriptions) describe(text string) string {
	var b strings.Builder
	done := 0 // text before this index is in b
	for i, r := range text {
		if r < 0x80 {
			continue
		}
		description, ok := d[r]
		if !ok {
			continue
		}
		if b.Cap() == 0 {
			b.Grow(len(text) + 4*len(description))
		}
		b.WriteString(text[done:i])
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(description)
		done = i + utf8.RuneLen(r)
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}
