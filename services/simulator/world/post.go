package world

import (
	"time"

	"catsvdogs/services/pipeline/rule"
)

// Post is one version of a post as X would deliver it.
type Post struct {
	ID uint64
	// First is the id of the first version; ID itself unless this is an edit.
	First uint64
	// History holds the ids of all versions so far, oldest first, this one last.
	History []uint64
	// Versions holds the same with their moments on a post that has been edited.
	Versions []Version
	// At is the moment of emission and of creation, UTC.
	At     time.Time
	Author *Author
	Lang   string // BCP 47
	Text   string

	Hashtags []Hashtag // Hashtags in the order of the text.
	Mentions []Mention // Mentions in the order of the text.
	URLs     []URL     // URLs in the order of the text, media links last.
	Media    []Media   // Media: 0 to 4 attachments.

	// Refers is the post it answers, quotes or repeats, or nil; that one
	// refers to none.
	Refers   *Post
	Relation Relation

	Sensitive bool // Sensitive: marked as possibly sensitive by its author.
	Paid      bool // Paid: a paid partnership.
	// Metrics are what X shows at the moment of the first version's arrival, nearly
	// always nothing, in every version; see [Engagement] for what comes of them.
	Metrics Metrics
	// Origin is what the first version can be made from once more.
	Origin Origin

	// Matched are the positions of the matching rules in the slice that was
	// given to SetRules, ascending. Empty in a Refers.
	Matched []int
}

// Relation says how a post refers to another.
type Relation string

// The relations, spelled as X spells them; empty without one.
const (
	Replies  Relation = "replied_to"
	Quotes   Relation = "quoted"
	Retweets Relation = "retweeted"
)

// IsEdit says that this is a later version of an earlier post.
func (p *Post) IsEdit() bool { return p.ID != p.First }

// Span is a place in a text in Unicode code points; End is exclusive.
type Span struct{ Start, End int }

// Hashtag is a tag in the text.
type Hashtag struct {
	Span
	Tag   string // as written, without '#'
	Lower string // as rules compare it
}

// Mention is a user named in the text.
type Mention struct {
	Span
	User *Author
}

// URL is a link in the text.
type URL struct {
	Span
	Short, Expanded, Display string
	// MediaKey is set on the link that stands for an attachment.
	MediaKey string
}

// matchScratch keeps the slices that rules look at from arrival to arrival.
type matchScratch struct {
	post, other rule.Post
}

// judge makes what rules look at of p.
func (w *World) judge(p *Post) *rule.Post {
	s := &w.scratch
	asRulePost(&s.post, p)
	s.post.IsReply, s.post.IsQuote, s.post.IsRetweet = p.Relation == Replies, p.Relation == Quotes, p.Relation == Retweets
	switch p.Relation {
	case Quotes:
		asRulePost(&s.other, p.Refers)
		s.post.Quoted = &s.other
	case Replies:
		s.post.InReplyTo = p.Refers.Author.Username
	}
	return &s.post
}

// matches fills w.matched with the rules that p satisfies.
func (w *World) matches(p *Post) bool {
	view := w.judge(p)
	w.matched = w.matched[:0]
	for i, r := range w.era.rules {
		if r.Match(*view) {
			w.matched = append(w.matched, i)
		}
	}
	p.Matched = w.matched
	return len(w.matched) > 0
}

func asRulePost(into *rule.Post, p *Post) {
	tags, mentions := into.Hashtags[:0], into.Mentions[:0]
	for _, h := range p.Hashtags {
		tags = append(tags, h.Lower)
	}
	for _, m := range p.Mentions {
		mentions = append(mentions, m.User.Username)
	}
	*into = rule.Post{
		Text: p.Text, Lang: p.Lang, Hashtags: tags, Mentions: mentions,
		Author: p.Author.Username, AuthorID: p.Author.ID, Followers: p.Author.Followers, IsVerified: p.Author.Verified,
		HasLinks: len(p.URLs) > 0, Bucket: bucket(p.First),
	}
	for _, m := range p.Media {
		into.HasImages = into.HasImages || m.Type == Photo
		into.HasVideos = into.HasVideos || m.Type == Video
		into.HasGIFs = into.HasGIFs || m.Type == GIF
	}
}
