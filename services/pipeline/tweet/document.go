package tweet

import "time"

// SchemaEnriched is the schema header of a record in tweets.enriched (schemas/enriched-tweet.v1.json).
const SchemaEnriched = "enriched-tweet.v1"

// Kinds of posts.
const (
	KindPost   = "post"
	KindReply  = "reply"
	KindQuote  = "quote"
	KindRepost = "repost"
)

// Kinds of media.
const (
	MediaImage = "image"
	MediaVideo = "video"
)

// Document is the value of a record in tweets.enriched and the document in the index: one post as it was when it was
// last observed. schemas/enriched-tweet.v1.json says what each field holds. Slices are never nil in a document that is
// encoded, because the schema wants arrays.
type Document struct {
	TweetID            string        `json:"tweet_id"`
	VersionID          string        `json:"version_id,omitempty"`
	Timestamp          time.Time     `json:"@timestamp"`
	CreatedAt          time.Time     `json:"created_at"`
	ObservedAt         time.Time     `json:"observed_at"`
	RefreshedAt        *time.Time    `json:"refreshed_at,omitempty"`
	Source             string        `json:"source"`
	URL                string        `json:"url,omitempty"`
	Kind               string        `json:"kind"`
	Text               string        `json:"text"`
	Lang               string        `json:"lang"`
	AuthorID           string        `json:"author_id,omitempty"`
	AuthorName         string        `json:"author_name,omitempty"`
	AuthorUsername     string        `json:"author_username,omitempty"`
	Hashtags           []string      `json:"hashtags"`
	Teams              []string      `json:"teams"`
	Media              []string      `json:"media"`
	MediaOfQuote       bool          `json:"media_of_quote,omitempty"`
	Categories         []string      `json:"categories"`
	MatchedRules       []MatchedRule `json:"matched_rules"`
	Metrics            Metrics       `json:"metrics"`
	Popularity         float64       `json:"popularity"`
	Growth             *float64      `json:"growth,omitempty"`
	Sentiment          Sentiment     `json:"sentiment"`
	Pictures           *Pictures     `json:"pictures,omitempty"`
	Promotional        bool          `json:"promotional"`
	PromotionalReasons []string      `json:"promotional_reasons"`
	PromotionalScore   float64       `json:"promotional_score,omitempty"`
	Observations       int           `json:"observations"`
	Revision           int           `json:"revision"`
	Pipeline           Times         `json:"pipeline"`
}

// MatchedRule is a rule of the stream that the post matched.
type MatchedRule struct {
	ID  string `json:"id"`
	Tag string `json:"tag"`
}

// Metrics are the public counts at the time of observation.
type Metrics struct {
	Retweets    int64  `json:"retweets"`
	Replies     int64  `json:"replies"`
	Likes       int64  `json:"likes"`
	Quotes      int64  `json:"quotes"`
	Impressions *int64 `json:"impressions,omitempty"`
	Bookmarks   *int64 `json:"bookmarks,omitempty"`
}

// Sentiment is what a model made of the post's text.
type Sentiment struct {
	Score float64 `json:"score"`
	Label string  `json:"label"`
	Model string  `json:"model"`
	// Fallback is why the model that was asked first did not judge; "" when it did, or when there was no other.
	Fallback string `json:"fallback,omitempty"`
}

// Pictures is what a model saw in the post's own pictures.
type Pictures struct {
	Model      string           `json:"model,omitempty"`
	Shows      []string         `json:"shows,omitempty"`
	Confidence []TeamConfidence `json:"confidence,omitempty"`
	Reason     string           `json:"reason,omitempty"` // why there is no answer
}

// TeamConfidence is how sure a model is, from 0 to 1, that pictures show a team.
type TeamConfidence struct {
	Team  string  `json:"team"`
	Score float64 `json:"score"`
}

// Times is when the post passed the stages.
type Times struct {
	ReceivedAt time.Time `json:"received_at"`
	EnrichedAt time.Time `json:"enriched_at"`
	ArrivalMS  int64     `json:"arrival_ms"` // from the creation of this version to ReceivedAt
}

// Version is the document's external version in the index: the observation time in Unix milliseconds. A later look
// has a higher version and so replaces an earlier one in whatever order they arrive.
func Version(observedAt time.Time) int64 { return observedAt.UnixMilli() }

// IndexPeriod is how long an index of posts covers.
type IndexPeriod string

// Periods of an index.
const (
	IndexDaily   IndexPeriod = "day"
	IndexMonthly IndexPeriod = "month"
)

// indexPrefix starts the name of every index of posts.
const indexPrefix = "tweets-"

// IndexPattern matches every index of posts, and of others' indices as few as a pattern can; the index template has it.
const IndexPattern = indexPrefix + "20*.*"

// IndexAlias is the name to read all indices of posts by. It leaves out the stubs of deleted posts.
const IndexAlias = "tweets"

// IndexName is the index that holds a post created at this time: tweets-2026.11 or tweets-2026.11.23. It follows from
// the post alone, so that every look at a post meets the same document.
func IndexName(createdAt time.Time, period IndexPeriod) string {
	layout := "2006.01"
	if period == IndexDaily {
		layout = "2006.01.02"
	}
	return indexPrefix + createdAt.UTC().Format(layout)
}
