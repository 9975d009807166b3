package wire

import (
	"strconv"

	"catsvdogs/services/simulator/world"
)

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendEntities writes hashtags, mentions and urls; what a post has none of
// is left out, and so is the whole when it has nothing.
func appendEntities(o object, p *world.Post) []byte {
	if len(p.Hashtags)+len(p.Mentions)+len(p.URLs) == 0 {
		return o.dst
	}
	o.key("entities")
	e := begin(o.dst)
	if len(p.Hashtags) > 0 {
		e.key("hashtags")
		for i, h := range p.Hashtags {
			x := begin(append(e.dst, separator(i)))
			x.span(h.Span)
			x.text("tag", h.Tag)
			e.dst = x.end()
		}
		e.dst = append(e.dst, ']')
	}
	if len(p.Mentions) > 0 {
		e.key("mentions")
		for i, m := range p.Mentions {
			x := begin(append(e.dst, separator(i)))
			x.span(m.Span)
			x.text("username", m.User.Username)
			x.text("id", m.User.ID)
			e.dst = x.end()
		}
		e.dst = append(e.dst, ']')
	}
	if len(p.URLs) > 0 {
		e.key("urls")
		for i, u := range p.URLs {
			x := begin(append(e.dst, separator(i)))
			x.span(u.Span)
			x.text("url", u.Short)
			x.text("expanded_url", u.Expanded)
			x.text("display_url", u.Display)
			if u.MediaKey != "" {
				x.text("media_key", u.MediaKey)
			}
			e.dst = x.end()
		}
		e.dst = append(e.dst, ']')
	}
	return e.end()
}
