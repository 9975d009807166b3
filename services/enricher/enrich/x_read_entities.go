package enrich

func (e *xEntities) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "hashtags":
			e.Hashtags = r.hashtags.list(r, (*xHashtag).read)
		case "mentions":
			e.Mentions = r.spans.list(r, (*xSpan).read)
		case "urls":
			e.URLs = r.urls.list(r, (*xURL).read)
		default:
			r.Skip()
		}
	}
}

func (h *xHashtag) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "tag":
			h.Tag = r.String()
		default:
			h.readMember(r)
		}
	}
}

func (u *xURL) read(r *xReader) {
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

func (s *xSpan) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		s.readMember(r)
	}
}

// readMember reads a member that is of no concern to what the span is of.
func (s *xSpan) readMember(r *xReader) {
	switch string(r.Name()) {
	case "start":
		s.Start = readIndex(&r.Reader)
	case "end":
		s.End = readIndex(&r.Reader)
	default:
		r.Skip()
	}
}
