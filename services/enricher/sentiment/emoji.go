package sentiment

import "unicode/utf8"

// emojiDescriptions maps an emoji of one code point to what it shows, in words
// that the lexicon may know.
type emojiDescriptions map[rune]string

// describe appends text to dst with each emoji replaced by its description. A
// space goes before it but, as in the reference, none after it.
func (d emojiDescriptions) describe(dst []byte, text string) []byte {
	done := 0 // text before this index is in dst
	for i, r := range text {
		if r < utf8.RuneSelf {
			continue
		}
		description, ok := d[r]
		if !ok {
			continue
		}
		dst = append(dst, text[done:i]...)
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, description...)
		done = i + utf8.RuneLen(r)
	}
	return append(dst, text[done:]...)
}
