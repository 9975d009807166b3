package enrich

import (
	"slices"
	"time"
	"unicode/utf8"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// readX reads a line of X's stream into p.
func (e *Enricher) readX(p *post, raw tweet.Raw) error {
	r, _ := e.readers.Get().(*xReader)
	if r == nil {
		r = new(xReader)
	}
	if len(raw.Value) <= keepReader {
		defer e.readers.Put(r)
	}
	line, err := r.parse(raw.Value)
	if err != nil {
		return err
	}
	x := line.Data
	body := x.body()
	created, ok := x.createdAt()
	if !ok {
		return delivery.Refuse("unknown_creation_time", "neither the id %s nor created_at %.40q tells when the post was created", x.ID, x.CreatedAt)
	}
	media, unknown := line.media()
	*p = post{
		id: x.firstID(), versionID: x.ID, created: created, version: x.versionAt(created), kind: x.kind(), text: body.text,
		spoken: body.spoken(x.kind() == tweet.KindReply), lang: x.Lang, author: x.AuthorID, hashtags: body.hashtags(), media: media,
		unknownMedia: unknown, matched: raw.MatchedRules, metrics: x.metrics(), revision: x.revision(), links: body.links(x.quoted()),
		paid: x.PaidPartnership, nullcast: x.nullcast(),
	}
	p.authorName, p.username = line.author()
	if raw.Source == tweet.SourceX {
		p.url = "https://x.com/i/status/" + x.ID
	}
	if p.matched == nil {
		p.matched = slices.Clone(line.MatchingRules) // the document's own
	}
	return nil
}

// firstID is the id of the post's first version: edit histories are listed oldest first.
func (p *xPost) firstID() string {
	if len(p.EditHistory) > 0 {
		return p.EditHistory[0]
	}
	return p.ID
}

// revision is how many edits led to this version.
func (p *xPost) revision() int { return max(0, slices.Index(p.EditHistory, p.ID)) }

// unify puts what stands under the names of the other vocabulary where the rest of the code looks for it.
func (p *xPost) unify() {
	if p.EditHistory == nil {
		p.EditHistory = p.EditHistoryOfPost
	}
	if p.NoteTweet == nil {
		p.NoteTweet = p.NotePost
	}
	if p.Referenced == nil {
		p.Referenced = p.ReferencedPosts
	}
}

// noEntities are those of a text that has none. They are only read.
var noEntities xEntities

// body is the whole text with its entities: X cuts the text of a long post short and gives all of it in note_tweet, with
// entities of its own.
func (p *xPost) body() xBody {
	if p.NoteTweet != nil && p.NoteTweet.Text != "" {
		return xBody{text: p.NoteTweet.Text, entities: [2]*xEntities{&p.NoteTweet.Entities, &p.Entities}}
	}
	return xBody{text: p.Text, entities: [2]*xEntities{&p.Entities, &noEntities}}
}

// nullcast says whether the post is promoted only. X has no field of that name; scopes is "only returned for promoted
// posts", and its followers is false for one that followers do not get to see (docs.x.com, X API v2 data dictionary).
func (p *xPost) nullcast() bool { return p.Scopes.Followers != nil && !*p.Scopes.Followers }

// kind tells reposts, quotes and replies apart; a post that is several of them is the first in this order, because
// that is what a reader sees.
func (p *xPost) kind() string {
	kind := tweet.KindPost
	for _, r := range p.Referenced {
		switch r.Type {
		case "retweeted":
			return tweet.KindRepost
		case "quoted":
			kind = tweet.KindQuote
		case "replied_to":
			if kind == tweet.KindPost {
				kind = tweet.KindReply
			}
		}
	}
	return kind
}

// quoted is the id of the post that this one quotes; "" when it quotes none.
func (p *xPost) quoted() string {
	for _, r := range p.Referenced {
		if r.Type == "quoted" {
			return r.ID
		}
	}
	return ""
}

// createdAt is when the first version was created: from its id, which cannot be wrong, otherwise as X says.
func (p *xPost) createdAt() (time.Time, bool) {
	if t, ok := tweet.SnowflakeTime(p.firstID()); ok {
		return t, true
	}
	t, err := time.Parse(time.RFC3339Nano, p.CreatedAt)
	return t.UTC(), err == nil
}

// versionAt is when this version was created, or the first one where its id does not tell.
func (p *xPost) versionAt(first time.Time) time.Time {
	if t, ok := tweet.SnowflakeTime(p.ID); ok {
		return t
	}
	return first
}

// author returns how the post's author is called, both empty where nobody asked for authors. Longer names than any that X
// allows are left out, not the post.
func (l *xLine) author() (name, username string) {
	for _, u := range l.Includes.Users {
		if u.ID == l.Data.AuthorID && u.ID != "" && utf8.RuneCountInString(u.Name) <= maxAuthorName && utf8.RuneCountInString(u.Username) <= maxAuthorUsername {
			return u.Name, u.Username
		}
	}
	return "", ""
}

// The schema's bounds on a document, in characters; X's own are 50 and 15.
const (
	maxAuthorName     = 512
	maxAuthorUsername = 256
)

// maxMedia bounds how many media of a post are looked at; X allows a handful.
const maxMedia = 100

// media lists the kinds of media that the post itself carries, and says whether it carries some of unknown kind. The
// includes of a line also hold the media of quoted posts, so only keys that the post attaches count.
func (l *xLine) media() (kinds []string, unknown bool) {
	known := 0
	keys := l.Data.Attachments.MediaKeys
	keys = keys[:min(len(keys), maxMedia)] // all media of the line are looked for among them
	for _, m := range l.Includes.Media {
		if !slices.Contains(keys, m.MediaKey) {
			continue
		}
		if kinds == nil {
			kinds = make([]string, 0, 2)
		}
		switch m.Type {
		case "photo":
			kinds = appendOnce(kinds, tweet.MediaImage)
			known++
		case "video", "animated_gif":
			kinds = appendOnce(kinds, tweet.MediaVideo)
			known++
		}
	}
	if kinds == nil {
		kinds = []string{}
	}
	slices.Sort(kinds)
	return kinds, known < len(keys)
}

func (p *xPost) metrics() tweet.Metrics {
	m := p.PublicMetrics
	return tweet.Metrics{
		Retweets: m.Retweets, Replies: m.Replies, Likes: m.Likes, Quotes: m.Quotes,
		Impressions: m.Impressions, Bookmarks: m.Bookmarks,
	}
}

// appendOnce appends s unless it is empty or there already. Lists of a post are short, so looking through is cheaper than a
// set; one that is over the schema's bound grows no further, because its document is refused and the search must not cost
// its square.
func appendOnce(list []string, s string) []string {
	if s == "" || len(list) > maxNames || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
