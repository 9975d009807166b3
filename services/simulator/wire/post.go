package wire

import (
	"time"
	"unicode/utf8"

	"catsvdogs/services/simulator/world"
)

// editTime and editCount are what X grants an author.
const (
	editTime  = 30 * time.Minute
	editCount = 5
)

// AppendPost appends one stream object without a line end: data, includes when
// the expansions bring any, and matching_rules. Each of matching is a rule's
// JSON, see [Rule].
func AppendPost(dst []byte, p *world.Post, f Fields, matching [][]byte) []byte {
	o := begin(dst)
	o.key("data")
	o.dst = appendTweet(o.dst, p, f)
	o.dst = appendIncludes(o.dst, p, f)
	o.key("matching_rules")
	o.dst = append(o.dst, '[')
	for i, m := range p.Matched {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = append(o.dst, matching[m]...)
	}
	o.dst = append(o.dst, ']')
	return o.end()
}

// Rule gives a rule as matching_rules shows it. A rule without a tag has none.
func Rule(id, tag string) []byte {
	o := begin(nil)
	o.text("id", id)
	if tag != "" {
		o.text("tag", tag)
	}
	return o.end()
}

func appendTweet(dst []byte, p *world.Post, f Fields) []byte {
	want, as := f.tweet, f.naming()
	o := begin(dst)
	if want.has(tweetAttachments) && len(p.Media) > 0 {
		o.key("attachments")
		a := begin(o.dst)
		a.key("media_keys")
		for i, m := range p.Media {
			a.dst = append(a.dst, separator(i))
			a.dst = appendString(a.dst, m.Key)
		}
		a.dst = append(a.dst, ']')
		o.dst = a.end()
	}
	if want.has(tweetAuthorID) {
		o.text("author_id", p.Author.ID)
	}
	if want.has(tweetConversationID) {
		conversation := p.First
		if p.Relation == world.Replies {
			conversation = p.Refers.First
		}
		o.id("conversation_id", conversation)
	}
	if want.has(tweetCreatedAt) {
		o.time("created_at", p.At)
	}
	if want.has(tweetDisplayTextRange) {
		o.key("display_text_range")
		o.dst = append(o.dst, '[', '0', ',')
		o.dst = appendInt(o.dst, utf8.RuneCountInString(p.Text))
		o.dst = append(o.dst, ']')
	}
	if want.has(tweetEditControls) {
		o.dst = appendEditControls(o, p)
		o.empty = false
	}
	o.key(as.history)
	for i, id := range p.History {
		o.dst = append(o.dst, separator(i))
		o.dst = appendID(o.dst, id)
	}
	o.dst = append(o.dst, ']')
	if want.has(tweetEntities) {
		o.dst = appendEntities(o, p)
	}
	o.id("id", p.ID)
	if want.has(tweetInReplyToUserID) && p.Relation == world.Replies {
		o.text("in_reply_to_user_id", p.Refers.Author.ID)
	}
	if want.has(tweetLang) {
		o.text("lang", p.Lang)
	}
	if want.has(tweetPaidPartnership) {
		o.boolean("paid_partnership", p.Paid)
	}
	if want.has(tweetPossiblySensitive) {
		o.boolean("possibly_sensitive", p.Sensitive)
	}
	if want.has(tweetPublicMetrics) {
		o.key("public_metrics")
		m := begin(o.dst)
		m.number("retweet_count", p.Metrics.Retweets)
		// X's own client wants this name too, whichever words it asked in, and
		// drops a post without it; the others want the old one.
		m.number("repost_count", p.Metrics.Retweets)
		m.number("reply_count", p.Metrics.Replies)
		m.number("like_count", p.Metrics.Likes)
		m.number("quote_count", p.Metrics.Quotes)
		m.number("bookmark_count", p.Metrics.Bookmarks)
		m.number("impression_count", p.Metrics.Impressions)
		o.dst = m.end()
	}
	if want.has(tweetReferenced) && p.Refers != nil {
		o.key(as.referenced)
		o.dst = append(o.dst, '[')
		r := begin(o.dst)
		r.text("type", string(p.Relation))
		r.id("id", p.Refers.ID)
		o.dst = append(r.end(), ']')
	}
	if want.has(tweetReplySettings) {
		o.text("reply_settings", "everyone")
	}
	o.text("text", p.Text)
	return o.end()
}

func appendEditControls(o object, p *world.Post) []byte {
	o.key("edit_controls")
	e := begin(o.dst)
	left := editCount - (len(p.History) - 1)
	e.number("edits_remaining", left)
	e.boolean("is_edit_eligible", left > 0 && p.Relation != world.Retweets)
	e.time("editable_until", p.At.Add(editTime))
	return e.end()
}

// separator opens a list before its first element and divides the others.
func separator(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}
