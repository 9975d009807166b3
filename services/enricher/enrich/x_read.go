package enrich

import "catsvdogs/services/pipeline/tweet"

// How much is taken amiss: a string, a list or an object of another type than X documents, because what it was meant to say
// would be missing. Numbers are not: ids other than the post's own may be numbers, counts any spelling of an integer. A count that is none and the
// place of an entity that is none cost themselves, not the post. null is as if the field were not there.
//
// Each method sets all of what it reads, so that of two members of one name the last one counts.

func (l *xLine) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "data":
			l.Data = nil
			if !r.Null() {
				l.Data, r.post = &r.post, xPost{}
				l.Data.read(r)
			}
		case "includes":
			l.Includes.Media, l.Includes.Users = nil, nil
			for in := r.Object(); in && r.Member(); {
				switch string(r.Name()) {
				case "media":
					l.Includes.Media = r.media.list(r, (*xMedia).read)
				case "users":
					l.Includes.Users = r.users.list(r, (*xUser).read)
				default:
					r.Skip()
				}
			}
		case "matching_rules":
			l.MatchingRules = r.rules.list(r, readRule)
		default:
			r.Skip()
		}
	}
}

func (m *xMedia) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "media_key":
			m.MediaKey = r.String()
		case "type":
			m.Type = r.String()
		default:
			r.Skip()
		}
	}
}

func (u *xUser) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "id":
			u.ID = r.ID()
		case "name":
			u.Name = r.String()
		case "username":
			u.Username = r.String()
		default:
			r.Skip()
		}
	}
}

func readRule(rule *tweet.MatchedRule, r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "id":
			rule.ID = r.ID()
		case "tag":
			rule.Tag = r.String()
		default:
			r.Skip()
		}
	}
}

func (p *xPost) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "id":
			p.ID = r.String() // ingest takes the key from it, which a number does not give
		case "text":
			p.Text = r.String()
		case "author_id":
			p.AuthorID = r.ID()
		case "created_at":
			p.CreatedAt = r.String()
		case "lang":
			p.Lang = r.String()
		case "edit_history_tweet_ids":
			p.EditHistory = r.strings.list(r, readID)
		case "edit_history_post_ids":
			p.EditHistoryOfPost = r.strings.list(r, readID)
		case "entities":
			p.Entities = xEntities{}
			p.Entities.read(r)
		case "note_tweet":
			p.NoteTweet = readNote(r)
		case "note_post":
			p.NotePost = readNote(r)
		case "referenced_tweets":
			p.Referenced = r.relations.list(r, (*xRelation).read)
		case "referenced_posts":
			p.ReferencedPosts = r.relations.list(r, (*xRelation).read)
		case "attachments":
			p.Attachments.MediaKeys = nil
			for in := r.Object(); in && r.Member(); {
				switch string(r.Name()) {
				case "media_keys":
					p.Attachments.MediaKeys = r.strings.list(r, readString)
				default:
					r.Skip()
				}
			}
		case "paid_partnership":
			p.PaidPartnership = r.Bool()
		case "scopes":
			p.Scopes.Followers = nil
			for in := r.Object(); in && r.Member(); {
				switch string(r.Name()) {
				case "followers":
					p.Scopes.Followers = readFlag(r)
				default:
					r.Skip()
				}
			}
		case "public_metrics":
			p.PublicMetrics = xMetrics{}
			p.PublicMetrics.read(r)
		default:
			r.Skip()
		}
	}
}

func readID(id *string, r *xReader) { *id = r.ID() }

func readString(s *string, r *xReader) { *s = r.String() }

func readFlag(r *xReader) *bool {
	if r.Null() {
		return nil
	}
	flag := r.Bool()
	return &flag
}

func readNote(r *xReader) *xNote {
	if r.Null() {
		return nil
	}
	note := new(xNote)
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "text":
			note.Text = r.String()
		case "entities":
			note.Entities = xEntities{}
			note.Entities.read(r)
		default:
			r.Skip()
		}
	}
	return note
}

func (x *xRelation) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "type":
			x.Type = r.String()
		case "id":
			x.ID = r.ID()
		default:
			r.Skip()
		}
	}
}

func (m *xMetrics) read(r *xReader) {
	for in := r.Object(); in && r.Member(); {
		switch string(r.Name()) {
		case "retweet_count":
			m.Retweets, _ = readCount(r)
		case "reply_count":
			m.Replies, _ = readCount(r)
		case "like_count":
			m.Likes, _ = readCount(r)
		case "quote_count":
			m.Quotes, _ = readCount(r)
		case "impression_count":
			m.Impressions = readOptionalCount(r)
		case "bookmark_count":
			m.Bookmarks = readOptionalCount(r)
		default:
			r.Skip()
		}
	}
}

// readCount reads a count; 0 and false for what cannot be one. The archive has what the source said.
func readCount(r *xReader) (int64, bool) {
	n, ok := r.Integer()
	if !ok || n < 0 {
		return 0, false
	}
	return n, true
}

func readOptionalCount(r *xReader) *int64 {
	if n, ok := readCount(r); ok {
		return &n
	}
	return nil
}
