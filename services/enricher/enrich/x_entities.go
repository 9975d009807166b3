package enrich

import (
	"slices"
	"strings"
)

// xEntities are what X has found in a text. Of a hashtag, a mention or a link, start is the first code point and end the
// one after the last, in the text that they belong to (OpenAPI description of the X API v2,
// EntityIndicesInclusiveExclusive; https://github.com/twitter/twitter-text counts code points). The sign belongs to the
// range, not to the tag.
type xEntities struct {
	Hashtags []xHashtag `json:"hashtags"`
	Mentions []xSpan    `json:"mentions"`
	URLs     []xURL     `json:"urls"`
}

type xHashtag struct {
	xSpan
	Tag string `json:"tag"`
}

type xURL struct {
	xSpan
	ExpandedURL string `json:"expanded_url"`
	UnwoundURL  string `json:"unwound_url"` // where a shortened link leads in the end
	MediaKey    string `json:"media_key"`
}

type xSpan struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// xBody is a text with the entities that belong to it, and those of the shortened text beside it.
type xBody struct {
	text     string
	entities [2]*xEntities
	place    place
}

// at returns the bytes of text that a span stands for, and false for a span that is none of this text.
func (b *xBody) at(s xSpan) (from, to int, ok bool) {
	if s.Start < 0 || s.End <= s.Start || s.End > int64(len(b.text)) {
		return 0, 0, false
	}
	from, ok = b.place.of(b.text, int(s.Start))
	if !ok {
		return 0, 0, false
	}
	to, ok = b.place.of(b.text, int(s.End))
	return from, to, ok
}

// hashtags are those that X has found, in order of appearance, each once; never nil. One whose span does not hold it, as in
// the part that X has cut off, is kept and comes last: the tag is what X says it is, the span only tells where. Where X
// lists none, because nobody asked it to, the text is read instead.
func (b *xBody) hashtags() []string {
	tags := make([]string, 0, len(b.entities[0].Hashtags)+len(b.entities[1].Hashtags))
	var last []string
	ordered, before := true, int64(-1)
	for _, e := range b.entities {
		for _, h := range e.Hashtags {
			if from, to, ok := b.at(h.xSpan); !ok || !isTag(b.text[from:to], h.Tag) {
				last = append(last, strings.ToLower(h.Tag))
				continue
			}
			ordered, before = ordered && h.Start > before, h.Start
			tags = appendOnce(tags, strings.ToLower(h.Tag))
		}
	}
	if !ordered {
		tags = b.inOrder()
	}
	for _, tag := range last {
		tags = appendOnce(tags, tag)
	}
	if len(tags) == 0 {
		return textHashtags(tags, b.text)
	}
	return tags
}

// inOrder lists the tags by where they stand, for lists that are in another order.
func (b *xBody) inOrder() []string {
	type tagAt struct {
		tag string
		at  int64
	}
	var found []tagAt
	for _, e := range b.entities {
		for _, h := range e.Hashtags {
			if from, to, ok := b.at(h.xSpan); ok && isTag(b.text[from:to], h.Tag) {
				found = append(found, tagAt{strings.ToLower(h.Tag), h.Start})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b tagAt) int { return int(a.at - b.at) })
	tags := []string{}
	for _, f := range found {
		tags = appendOnce(tags, f.tag)
	}
	return tags
}

// isTag says whether s is the sign and then the tag.
func isTag(s, tag string) bool {
	written, ok := strings.CutPrefix(s, "#")
	if !ok {
		written, ok = strings.CutPrefix(s, "＃")
	}
	return ok && strings.EqualFold(written, tag)
}

// links are those that the author has put in. The link to the post's own picture is X's, and the one to the post with the
// id quoted is how a quote is made.
func (b *xBody) links(quoted string) []string {
	var links []string
	for _, e := range b.entities {
		for _, u := range e.URLs {
			if u.MediaKey == "" && (quoted == "" || !strings.HasSuffix(u.ExpandedURL, "/status/"+quoted)) {
				links = append(links, u.ExpandedURL)
				if u.UnwoundURL != "" && u.UnwoundURL != u.ExpandedURL {
					links = append(links, u.UnwoundURL)
				}
			}
		}
	}
	return links
}
