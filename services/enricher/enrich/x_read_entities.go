package enrich

import "catsvdogs/services/enricher/enrich/strictjson"

func (e *xEntities) read(r *strictjson.Reader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "hashtags":
			e.Hashtags = list(r, (*xHashtag).read)
		case "mentions":
			e.Mentions = list(r, (*xSpan).read)
		case "urls":
			e.URLs = list(r, (*xURL).read)
		default:
			r.Skip()
		}
	}
}

func (h *xHashtag) read(r *strictjson.Reader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "tag":
			h.Tag = r.String()
		default:
			h.readMember(r)
		}
	}
}

func (u *xURL) read(r *strictjson.Reader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "expanded_url":
			u.ExpandedURL = r.String()
		case "unwound_url":
			u.UnwoundURL = r.String()
		case "media_key":
			u.MediaKey = r.String()
		default:
			u.readMember(r)
		}
	}
}

func (s *xSpan) read(r *strictjson.Reader) {
	for in := r.Object(); in && r.Member(); {
		s.readMember(r)
	}
}

// readMember reads a member that is of no concern to what the span is of.
func (s *xSpan) readMember(r *strictjson.Reader) {
	switch string(r.Name()) {
	case "start":
		s.Start = readIndex(r)
	case "end":
		s.End = readIndex(r)
	default:
		r.Skip()
	}
}

// readIndex reads a place in a text; one that is nowhere for what is no index.
func readIndex(r *strictjson.Reader) int64 {
	if n, ok := r.Integer(); ok {
		return n
	}
	return -1
}
