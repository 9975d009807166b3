package enrich

import (
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// xLine is what the enricher reads of a line of X's filtered stream (schemas/x-tweet.v2.json; X API v2, GET
// /2/tweets/search/stream). Every field may be missing. The tags are the names on X; the read methods go by them, which
// FuzzLinesAreReadAsTheirTagsSay keeps so.
type xLine struct {
	Data     *xPost `json:"data"`
	Includes struct {
		Media []xMedia `json:"media"`
		Users []xUser  `json:"users"` // where they were asked for
	} `json:"includes"`
	MatchingRules []tweet.MatchedRule `json:"matching_rules"`
}

type xMedia struct {
	MediaKey string `json:"media_key"`
	Type     string `json:"type"`
}

type xUser struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username"`
}

type xPost struct {
	ID          string      `json:"id"`
	Text        string      `json:"text"`
	AuthorID    string      `json:"author_id"`
	CreatedAt   string      `json:"created_at"`
	Lang        string      `json:"lang"`
	EditHistory []string    `json:"edit_history_tweet_ids"`
	Entities    xEntities   `json:"entities"`
	NoteTweet   *xNote      `json:"note_tweet"`
	Referenced  []xRelation `json:"referenced_tweets"`
	Attachments struct {
		MediaKeys []string `json:"media_keys"`
	} `json:"attachments"`
	PaidPartnership bool `json:"paid_partnership"`
	Scopes          struct {
		Followers *bool `json:"followers"`
	} `json:"scopes"`
	PublicMetrics xMetrics `json:"public_metrics"`

	// X answers in the words in which it was asked; to post.fields instead of tweet.fields these are what three of the
	// fields above are called (OpenAPI description 2.167, Post).
	EditHistoryOfPost []string    `json:"edit_history_post_ids"`
	NotePost          *xNote      `json:"note_post"`
	ReferencedPosts   []xRelation `json:"referenced_posts"`
}

type xMetrics struct {
	Retweets    int64  `json:"retweet_count"`
	Replies     int64  `json:"reply_count"`
	Likes       int64  `json:"like_count"`
	Quotes      int64  `json:"quote_count"`
	Impressions *int64 `json:"impression_count"`
	Bookmarks   *int64 `json:"bookmark_count"`
}

type xNote struct {
	Text     string    `json:"text"`
	Entities xEntities `json:"entities"`
}

type xRelation struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// check completes the post and refuses one whose ids are none.
func (p *xPost) check() error {
	p.unify()
	id := p.ID
	for i := 0; tweet.ValidXID(id); i++ {
		if i == len(p.EditHistory) {
			return nil
		}
		id = p.EditHistory[i]
	}
	return delivery.Refuse("invalid_id", "an id of X has 1 to 19 digits, not %.40q", id)
}
