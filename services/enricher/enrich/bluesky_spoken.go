package enrich

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"catsvdogs/services/enricher/enrich/strictjson"
	"catsvdogs/services/pipeline/bluesky"
)

// facet is the range of a text that means a link or a mention, in bytes of UTF-8, half open (app.bsky.richtext.facet).
type facet struct {
	from, to      int64
	link, mention bool
}

// blueskySpoken is the text of an event's post as its author said it, by the rule for X: without addresses, and without
// the names that a reply begins with. A link whose text is words of the author's, not an address, keeps them. The event is
// read again for the ranges, because few posts have any.
func blueskySpoken(event []byte, content *bluesky.Post) string {
	text := content.Text
	if len(content.Links) == 0 && (len(content.Mentions) == 0 || !content.Reply) {
		return text
	}
	var cuts []cut
	begin := 0
	for _, f := range readFacets(event) {
		if f.from < 0 || f.to <= f.from || f.to > int64(len(text)) {
			continue
		}
		from, to := int(f.from), int(f.to)
		if !utf8.RuneStart(text[from]) || to < len(text) && !utf8.RuneStart(text[to]) {
			continue
		}
		switch {
		case f.link && isAddress(text[from:to]):
			cuts = append(cuts, cut{from, to})
		case f.mention && content.Reply && from == begin && text[from] == '@':
			for begin = to; begin < len(text) && text[begin] == ' '; begin++ {
			}
			cuts = append(cuts, cut{from, begin})
		}
	}
	return without(text, cuts)
}

// isAddress says whether the text of a link is an address, which may be cut short.
func isAddress(s string) bool {
	dot := strings.IndexByte(s, '.')
	return isLink(s) || dot > 0 && dot < len(s)-1 && isAlphanumeric(s[dot-1]) && isAlphanumeric(s[dot+1]) && !strings.ContainsAny(s, " \t\r\n")
}

// readFacets lists the facets of the post in an event, in the order of the text. What it cannot read means nothing.
func readFacets(event []byte) (facets []facet) {
	r := strictjson.NewReader(event)
	into(r, "commit", func() {
		into(r, "record", func() {
			into(r, "facets", func() { facets = list(r, (*facet).read) })
		})
	})
	slices.SortStableFunc(facets, func(a, b facet) int { return cmp.Compare(a.from, b.from) })
	return facets
}

// into reads an object, and the member of this name by read.
func into(r *strictjson.Reader, name string, read func()) {
	for in := r.Object(); in && r.Member(); {
		if string(r.Name()) == name {
			read()
		} else {
			r.Skip()
		}
	}
}

func (f *facet) read(r *strictjson.Reader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "index":
			for in := r.Object(); in && r.Member(); {
				switch string(r.Name()) {
				case "byteStart":
					f.from = readIndex(r)
				case "byteEnd":
					f.to = readIndex(r)
				default:
					r.Skip()
				}
			}
		case "features":
			for in := r.Array(); in && r.Element(); {
				into(r, "$type", func() {
					kind := r.String()
					f.link = f.link || kind == "app.bsky.richtext.facet#link"
					f.mention = f.mention || kind == "app.bsky.richtext.facet#mention"
				})
			}
		default:
			r.Skip()
		}
	}
}

// readIndex reads a place in a text; one that is nowhere for what is no index.
func readIndex(r *strictjson.Reader) int64 {
	if n, ok := r.Integer(); ok {
		return n
	}
	return -1
}

// list reads the elements of an array; nil for any other value.
func list[T any](r *strictjson.Reader, read func(*T, *strictjson.Reader)) []T {
	if !r.Array() {
		return nil
	}
	elements := []T{}
	for r.Element() {
		elements = append(elements, *new(T))
		read(&elements[len(elements)-1], r) // in place: an element by itself would be on the heap
	}
	return elements
}
