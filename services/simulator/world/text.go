package world

import (
	"strings"
	"unicode/utf8"
)

// text builds a post's text and notes where its entities are. X counts them
// in Unicode code points, hashtags and mentions with their sign.
// https://docs.x.com/x-api/fundamentals/data-dictionary#entities
type text struct {
	strings.Builder
	runes int
	post  *Post
}

func newText(p *Post) *text {
	t := &text{post: p}
	t.Grow(256)
	return t
}

func (t *text) write(s string) {
	t.WriteString(s)
	t.runes += utf8.RuneCountInString(s)
}

func (t *text) span(s string) Span {
	from := t.runes
	t.write(s)
	return Span{Start: from, End: t.runes}
}

func (t *text) hashtag(tag string) {
	from := t.runes
	t.write("#")
	t.write(tag)
	t.post.Hashtags = append(t.post.Hashtags, Hashtag{Span: Span{from, t.runes}, Tag: tag, Lower: strings.ToLower(tag)})
}

// tagged says whether the text has the tag (lower case) already.
func (t *text) tagged(lower string) bool {
	for i := range t.post.Hashtags {
		if t.post.Hashtags[i].Lower == lower {
			return true
		}
	}
	return false
}

func (t *text) mention(a *Author) {
	from := t.runes
	t.write("@")
	t.write(a.Username)
	t.post.Mentions = append(t.post.Mentions, Mention{Span: Span{from, t.runes}, User: a})
}

func (t *text) link(u URL) {
	u.Span = t.span(u.Short)
	t.post.URLs = append(t.post.URLs, u)
}
