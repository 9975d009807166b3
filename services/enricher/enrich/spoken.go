package enrich

import "strings"

// xLink is how every link begins in a text on X.
const xLink = "https://t.co/"

// spoken is the text as its author said it. X writes &, < and > as HTML entities, puts a short link in place of each link
// and one more for the picture, and begins a reply with the names of those who are answered. All that would be read as
// words: "&lt;3" is no heart, a name may be a word of the lexicon, and one link makes a text in capitals look as if the
// capitals were chosen.
func (b *xBody) spoken(reply bool) string {
	var room [8]cut
	cuts := b.linkCuts(room[:0])
	if reply {
		cuts = b.addresseeCuts(cuts)
	}
	text := without(b.text, cuts)
	if strings.IndexByte(text, '&') < 0 {
		return text
	}
	return unescapeX.Replace(text)
}

// unescapeX undoes, in one pass, what X escapes; an author's own "&lt;" arrives as "&amp;lt;".
var unescapeX = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// linkCuts finds the links of the text: where X says they are, otherwise by what they look like. Of a span the text there
// is proof enough; what X says it holds need not even be decoded.
func (b *xBody) linkCuts(cuts []cut) []cut {
	for _, e := range b.entities {
		for _, u := range e.URLs {
			if from, to, ok := b.at(u.xSpan); ok && isLink(b.text[from:to]) {
				cuts = append(cuts, cut{from, to})
			}
		}
	}
	for at := 0; ; {
		next := strings.Index(b.text[at:], xLink)
		if next < 0 {
			return cuts
		}
		from := at + next
		for at = from + len(xLink); at < len(b.text) && isAlphanumeric(b.text[at]); at++ {
		}
		cuts = append(cuts, cut{from, at})
	}
}

func isLink(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " \t\r\n")
}

func isMention(s string) bool {
	name, ok := strings.CutPrefix(s, "@")
	for i := range len(name) {
		ok = ok && (isAlphanumeric(name[i]) || name[i] == '_')
	}
	return ok && name != ""
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// addresseeCuts adds the mentions that the text begins with.
func (b *xBody) addresseeCuts(cuts []cut) []cut {
	end := 0
	for _, m := range b.entities[0].Mentions {
		from, to, ok := b.at(m)
		if !ok || from != end || !isMention(b.text[from:to]) {
			break
		}
		for end = to; end < len(b.text) && b.text[end] == ' '; end++ {
		}
		cuts = append(cuts, cut{from, end})
	}
	return cuts
}
