package enrich

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// xLine is what the enricher reads of a line of X's filtered stream (schemas/x-tweet.v2.json; X API v2, GET
// /2/tweets/search/stream). Every field may be missing.
type xLine struct {
	Data     *xPost `json:"data"`
	Includes struct {
		Media []struct {
			MediaKey string `json:"media_key"`
			Type     string `json:"type"`
		} `json:"media"`
	} `json:"includes"`
	MatchingRules []struct {
		ID  string `json:"id"`
		Tag string `json:"tag"`
	} `json:"matching_rules"`
}

type xPost struct {
	ID          string    `json:"id"`
	Text        string    `json:"text"`
	AuthorID    string    `json:"author_id"`
	CreatedAt   string    `json:"created_at"`
	Lang        string    `json:"lang"`
	EditHistory []string  `json:"edit_history_tweet_ids"`
	Entities    xEntities `json:"entities"`
	NoteTweet   *struct {
		Text     string    `json:"text"`
		Entities xEntities `json:"entities"`
	} `json:"note_tweet"`
	Attachments struct {
		MediaKeys []string `json:"media_keys"`
	} `json:"attachments"`
	PaidPartnership bool `json:"paid_partnership"`
	PublicMetrics   struct {
		Retweets    int64  `json:"retweet_count"`
		Replies     int64  `json:"reply_count"`
		Likes       int64  `json:"like_count"`
		Quotes      int64  `json:"quote_count"`
		Impressions *int64 `json:"impression_count"`
		Bookmarks   *int64 `json:"bookmark_count"`
	} `json:"public_metrics"`
	Referenced []struct {
		Type string `json:"type"`
	} `json:"referenced_tweets"`
}

type xEntities struct {
	Hashtags []struct {
		Tag string `json:"tag"`
	} `json:"hashtags"`
	URLs []struct {
		URL         string `json:"url"`
		ExpandedURL string `json:"expanded_url"`
		MediaKey    string `json:"media_key"`
	} `json:"urls"`
}

// readX reads a line of X's stream.
func readX(raw tweet.Raw) (*post, error) {
	line, err := parseX(raw.Value)
	if err != nil {
		return nil, err
	}
	x := line.Data
	created, ok := x.createdAt()
	if !ok {
		return nil, delivery.Refuse("unknown_creation_time", "neither the id %s nor created_at %.40q tells when the post was created", x.ID, x.CreatedAt)
	}
	p := &post{
		id: x.firstID(), created: created, version: x.versionAt(created), kind: x.kind(), text: x.text(), lang: x.Lang,
		author: x.AuthorID, hashtags: x.hashtags(), media: line.media(), matched: raw.MatchedRules, metrics: x.metrics(),
		revision: x.revision(), links: x.links(), paid: x.PaidPartnership,
	}
	if raw.Source == tweet.SourceX {
		p.url = "https://x.com/i/status/" + x.ID
	}
	if p.matched == nil {
		for _, r := range line.MatchingRules {
			p.matched = append(p.matched, tweet.MatchedRule{ID: r.ID, Tag: r.Tag})
		}
	}
	return p, nil
}

// parseX reads a line. Whatever is wrong with it is a refusal, because the same bytes would be wrong again.
func parseX(value []byte) (*xLine, error) {
	// The JSON library would put U+FFFD in place of broken bytes and so change what the author wrote.
	if !utf8.Valid(value) {
		return nil, delivery.Refuse("invalid_utf8", "the line is not valid UTF-8, as JSON must be (RFC 8259, section 8.1)")
	}
	line := new(xLine)
	if err := tweet.DecodeJSON(value, line); err != nil {
		if json.Valid(value) {
			return nil, delivery.Refuse("unexpected_type", "a field is not of the type that X documents: %v", err)
		}
		return nil, delivery.Refuse("invalid_json", "%v", err)
	}
	if line.Data == nil {
		return nil, delivery.Refuse("not_a_post", "the message has no data object")
	}
	for _, id := range append([]string{line.Data.ID}, line.Data.EditHistory...) {
		if !tweet.ValidXID(id) {
			return nil, delivery.Refuse("invalid_id", "an id of X has 1 to 19 digits, not %.40q", id)
		}
	}
	return line, nil
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

// text is the whole text: X cuts the text of a long post short and gives all of it in note_tweet.
func (p *xPost) text() string {
	if p.NoteTweet != nil && p.NoteTweet.Text != "" {
		return p.NoteTweet.Text
	}
	return p.Text
}

func (p *xPost) entities() []xEntities {
	if p.NoteTweet != nil {
		return []xEntities{p.Entities, p.NoteTweet.Entities}
	}
	return []xEntities{p.Entities}
}

func (p *xPost) hashtags() []string {
	tags := []string{}
	for _, e := range p.entities() {
		for _, h := range e.Hashtags {
			tags = appendOnce(tags, strings.ToLower(h.Tag))
		}
	}
	return tags
}

// links are those that the author has put in; the link to the post's own picture is X's.
func (p *xPost) links() []string {
	var links []string
	for _, e := range p.entities() {
		for _, u := range e.URLs {
			if u.MediaKey == "" {
				links = append(links, u.ExpandedURL)
			}
		}
	}
	return links
}

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

// media lists the kinds of media that the post itself carries. The includes of a line also hold the media of quoted
// posts, so only keys that the post attaches count.
func (l *xLine) media() []string {
	kinds := []string{}
	for _, m := range l.Includes.Media {
		if !slices.Contains(l.Data.Attachments.MediaKeys, m.MediaKey) {
			continue
		}
		switch m.Type {
		case "photo":
			kinds = appendOnce(kinds, tweet.MediaImage)
		case "video", "animated_gif":
			kinds = appendOnce(kinds, tweet.MediaVideo)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func (p *xPost) metrics() tweet.Metrics {
	m := p.PublicMetrics
	return tweet.Metrics{
		Retweets: m.Retweets, Replies: m.Replies, Likes: m.Likes, Quotes: m.Quotes,
		Impressions: m.Impressions, Bookmarks: m.Bookmarks,
	}
}

// appendOnce appends s unless it is empty or there already. Lists of a post are short, so looking through is cheaper
// than a set.
func appendOnce(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
