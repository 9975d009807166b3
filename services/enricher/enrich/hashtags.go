package enrich

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// textHashtags appends the hashtags of a text, lower case and without the sign, in order of appearance, each once. It is for
// texts whose source lists none. A hashtag is # or ＃ where no word is going on, then letters, marks, digits and _, at
// least one of them no digit (https://github.com/twitter/twitter-text, hashtag rules; without its lists of special
// characters).
func textHashtags(tags []string, text string) []string {
	before := rune(' ')
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if (r == '#' || r == '＃') && !inTag(before) && before != '&' && before != '/' {
			tag := text[i : i+tagLength(text[i:])]
			i += len(tag)
			if strings.ContainsFunc(tag, func(r rune) bool { return !unicode.IsDigit(r) }) {
				tags = appendOnce(tags, strings.ToLower(tag))
			}
			r = 'x' // a second sign right after a tag begins none
		}
		before = r
	}
	return tags
}

func tagLength(s string) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !inTag(r) }); n >= 0 {
		return n
	}
	return len(s)
}

func inTag(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
