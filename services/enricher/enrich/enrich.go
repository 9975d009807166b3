// Package enrich turns a raw record into an enriched document. It is a pure function of the record, the contest and the
// moment: no I/O, no state, safe for concurrent use. What it cannot read it refuses with a reason.
package enrich

import (
	"time"
	"unicode/utf8"

	"catsvdogs/services/enricher/sentiment"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// SentimentModel names what judges the sentiment of English posts, as it stands in documents.
const SentimentModel = "vader"

// Enricher holds what is the same for every record. Use it from any goroutine.
type Enricher struct {
	weights   tweet.Weights
	teamByTag map[string]string
	analyzer  *sentiment.Analyzer
}

// New returns an enricher for a contest.
func New(c *contest.Contest) *Enricher {
	e := &Enricher{weights: c.Popularity, teamByTag: map[string]string{}, analyzer: sentiment.New()}
	for _, r := range c.StreamRules() {
		e.teamByTag[r.Tag] = r.Team
	}
	return e
}

// Enrich returns the document of a raw record. now is when it is made. Every error is a *delivery.Refusal.
func (e *Enricher) Enrich(raw tweet.Raw, now time.Time) (*tweet.Document, error) {
	if t := raw.Truncated; t != nil {
		return nil, delivery.Refuse("line_too_long", "the line had %d bytes (SHA-256 %s); its first %d are kept", t.Length, t.SHA256, len(raw.Value))
	}
	if raw.Schema != tweet.SchemaX {
		return nil, delivery.Refuse("unknown_schema", "this enricher reads %s, not %.80q", tweet.SchemaX, raw.Schema)
	}
	if raw.Kind != tweet.KindStream {
		return nil, delivery.Refuse("unknown_kind", "this enricher reads records of kind %s, not %.80q", tweet.KindStream, raw.Kind)
	}
	line, err := parseX(raw.Value)
	if err != nil {
		return nil, err
	}
	doc, err := e.document(line, raw, now)
	if err != nil {
		return nil, err
	}
	return doc, checkBounds(doc)
}

func (e *Enricher) document(line *xLine, raw tweet.Raw, now time.Time) (*tweet.Document, error) {
	post := line.Data
	created, ok := post.createdAt()
	if !ok {
		return nil, delivery.Refuse("unknown_creation_time", "neither the id %s nor created_at %.40q tells when the post was created", post.ID, post.CreatedAt)
	}
	if created.Before(firstPost) {
		return nil, delivery.Refuse("unknown_creation_time", "created_at says %s, before there were posts", created.Format(time.RFC3339))
	}
	observed := millis(raw.ObservedAt)
	if created.After(observed.Add(maxClockSkew)) {
		// The index is named after this time; a made-up one would open an index far in the future.
		return nil, delivery.Refuse("created_in_the_future", "created at %s, seen at %s", created.Format(time.RFC3339), observed.Format(time.RFC3339))
	}
	doc := &tweet.Document{
		TweetID:      post.firstID(),
		Timestamp:    observed,
		CreatedAt:    millis(created),
		ObservedAt:   observed,
		Source:       raw.Source,
		Kind:         post.kind(),
		Text:         post.text(),
		Lang:         post.Lang,
		AuthorID:     post.AuthorID,
		Hashtags:     post.hashtags(),
		Teams:        []string{},
		Media:        line.media(),
		Categories:   []string{},
		MatchedRules: []tweet.MatchedRule{},
		Metrics:      post.metrics(),
		Revision:     post.revision(),
		Pipeline:     tweet.Times{ReceivedAt: observed, EnrichedAt: millis(now), ArrivalMS: observed.Sub(post.versionAt(created)).Milliseconds()},
	}
	doc.Observations = doc.Revision + 1
	if doc.Revision > 0 {
		doc.Timestamp = doc.CreatedAt
	}
	if doc.Lang == "" {
		doc.Lang = "und"
	}
	if doc.Source == tweet.SourceX {
		doc.URL = "https://x.com/i/status/" + post.ID
	}
	for _, r := range line.MatchingRules {
		doc.MatchedRules = append(doc.MatchedRules, tweet.MatchedRule{ID: r.ID, Tag: r.Tag})
		doc.Categories = appendOnce(doc.Categories, r.Tag)
		doc.Teams = appendOnce(doc.Teams, e.teamByTag[r.Tag])
	}
	doc.Popularity = e.weights.Popularity(doc.Metrics)
	doc.Sentiment = e.sentiment(doc)
	doc.PromotionalReasons = promotionalReasons(post, doc)
	doc.Promotional = len(doc.PromotionalReasons) > 0
	return doc, nil
}

// sentiment judges English posts only: the model's lexicon is English, and a word list finds words in any language.
func (e *Enricher) sentiment(doc *tweet.Document) tweet.Sentiment {
	if doc.Lang != "en" {
		return tweet.Sentiment{Label: "unknown", Model: "none"}
	}
	score := e.analyzer.Score(doc.Text).Compound
	return tweet.Sentiment{Score: score, Label: sentiment.Label(score), Model: SentimentModel}
}

// firstPost is the day of the first post on Twitter. The index is named after the creation of a post, so a time before
// it would open indices without end.
var firstPost = time.Date(2006, 3, 21, 0, 0, 0, 0, time.UTC)

// maxClockSkew is how far the source's clock may be ahead of ours.
const maxClockSkew = time.Hour

// Bounds of schemas/enriched-tweet.v1.json. The index would refuse or cut what is over them.
const (
	maxTextRunes = 100_000
	maxNames     = 1000
	maxNameRunes = 512
	maxIDRunes   = 64
	maxLangRunes = 32
	maxCount     = 1<<53 - 1 // what JavaScript can count to
)

func checkBounds(d *tweet.Document) error {
	over := func(what string) error {
		return delivery.Refuse("out_of_bounds", "%s is over the bounds of the document's schema", what)
	}
	if utf8.RuneCountInString(d.Text) > maxTextRunes {
		return over("the text")
	}
	if utf8.RuneCountInString(d.Lang) > maxLangRunes {
		return over("the language")
	}
	if utf8.RuneCountInString(d.AuthorID) > maxIDRunes {
		return over("the author's id")
	}
	if len(d.MatchedRules) > maxNames {
		return over("the list of matched rules")
	}
	for _, r := range d.MatchedRules {
		if utf8.RuneCountInString(r.ID) > maxIDRunes || utf8.RuneCountInString(r.Tag) > maxNameRunes {
			return over("a matched rule")
		}
	}
	if len(d.Hashtags) > maxNames {
		return over("the list of hashtags")
	}
	for _, h := range d.Hashtags {
		if utf8.RuneCountInString(h) > maxNameRunes {
			return over("a hashtag")
		}
	}
	counts := []int64{d.Metrics.Retweets, d.Metrics.Replies, d.Metrics.Likes, d.Metrics.Quotes}
	for _, optional := range []*int64{d.Metrics.Impressions, d.Metrics.Bookmarks} {
		if optional != nil {
			counts = append(counts, *optional)
		}
	}
	for _, n := range counts {
		if n < 0 || n > maxCount {
			return over("a metric")
		}
	}
	return nil
}

// millis is the precision of the index.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
