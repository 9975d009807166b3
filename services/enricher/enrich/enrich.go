// Package enrich turns a raw record into an enriched document. It is a pure function of the record, the contest and the
// moment: no I/O, no state, safe for concurrent use. What it cannot read it refuses with a reason.
package enrich

import (
	"fmt"
	"time"
	"unicode/utf8"

	"catsvdogs/services/enricher/sentiment"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/matching"
	"catsvdogs/services/pipeline/tweet"
)

// SentimentModel names what judges the sentiment of English posts, as it stands in documents.
const SentimentModel = "vader"

// Enricher holds what is the same for every record. Use it from any goroutine.
type Enricher struct {
	weights   tweet.Weights
	rules     *matching.Matcher
	teamByTag map[string]string
	analyzer  *sentiment.Analyzer
}

// New returns an enricher for a contest. It fails only for a contest whose rules do not parse, which none from a file has.
func New(c *contest.Contest) (*Enricher, error) {
	rules, err := matching.New(c)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the contest: %w", err)
	}
	e := &Enricher{weights: c.Popularity, rules: rules, teamByTag: map[string]string{}, analyzer: sentiment.New()}
	for _, r := range c.StreamRules() {
		e.teamByTag[r.Tag] = r.Team
	}
	return e, nil
}

// post is one look at a post, as far as its source decides it.
type post struct {
	id       string // of the first version; the document's
	url      string
	created  time.Time // of the first version
	version  time.Time // when this version was made
	kind     string
	text     string
	lang     string // "" when it is not known
	author   string
	hashtags []string // never nil, as media
	media    []string
	matched  []tweet.MatchedRule
	metrics  tweet.Metrics
	revision int      // how many edits led to this version
	links    []string // that the author has put in
	paid     bool     // the author says that it is an advertisement
}

// Enrich returns the document of a raw record of kind stream. now is when it is made. Every error is a
// *delivery.Refusal.
func (e *Enricher) Enrich(raw tweet.Raw, now time.Time) (*tweet.Document, error) {
	if t := raw.Truncated; t != nil {
		return nil, delivery.Refuse("line_too_long", "the line had %d bytes (SHA-256 %s); its first %d are kept", t.Length, t.SHA256, len(raw.Value))
	}
	if raw.Kind == tweet.KindGap {
		return nil, delivery.Refuse("gap_not_filled", "posts are missing that nobody could get any more; the record says which: %.300s", raw.Value)
	}
	if raw.Kind != tweet.KindStream {
		return nil, delivery.Refuse("unknown_kind", "this enricher makes documents of records of kind %s, not %.80q", tweet.KindStream, raw.Kind)
	}
	var p *post
	var err error
	switch raw.Schema {
	case tweet.SchemaX:
		p, err = readX(raw)
	case tweet.SchemaBluesky:
		p, err = e.readBluesky(raw)
	default:
		err = delivery.Refuse("unknown_schema", "this enricher reads %s and %s, not %.80q", tweet.SchemaX, tweet.SchemaBluesky, raw.Schema)
	}
	if err != nil {
		return nil, err
	}
	if err := checkCreated(p.created, raw.ObservedAt); err != nil {
		return nil, err
	}
	doc := e.document(p, raw, now)
	return doc, checkBounds(doc)
}

// Deletion returns the id of the post that a raw record of kind delete is about. The value is not looked at: the key is
// what the post is filed under everywhere. The error is a *delivery.Refusal: a key that does not tell when the post was
// created does not tell which index holds it.
func Deletion(raw tweet.Raw) (id string, err error) {
	id = string(raw.Key)
	created, ok := tweet.CreatedFromKey(id)
	if !ok || len(id) > maxTweetIDBytes {
		return "", delivery.Refuse("invalid_deletion", "the key %.80q does not tell which index holds the post", id)
	}
	return id, checkCreated(created, raw.ObservedAt)
}

// checkCreated refuses times that no post can have. The index is named after the creation of a post, so made-up times
// would open indices without end.
func checkCreated(created, observed time.Time) error {
	if created.Before(firstPost) {
		return delivery.Refuse("unknown_creation_time", "it says %s, before there were posts", created.Format(time.RFC3339))
	}
	if created.After(observed.Add(maxClockSkew)) {
		return delivery.Refuse("created_in_the_future", "created at %s, seen at %s", created.Format(time.RFC3339), observed.Format(time.RFC3339))
	}
	return nil
}

func (e *Enricher) document(p *post, raw tweet.Raw, now time.Time) *tweet.Document {
	observed := millis(raw.ObservedAt)
	doc := &tweet.Document{
		TweetID:      p.id,
		Timestamp:    observed,
		CreatedAt:    millis(p.created),
		ObservedAt:   observed,
		Source:       raw.Source,
		URL:          p.url,
		Kind:         p.kind,
		Text:         p.text,
		Lang:         p.lang,
		AuthorID:     p.author,
		Hashtags:     p.hashtags,
		Teams:        []string{},
		Media:        p.media,
		Categories:   []string{},
		MatchedRules: []tweet.MatchedRule{},
		Metrics:      p.metrics,
		Revision:     p.revision,
		Observations: p.revision + 1,
		Pipeline:     tweet.Times{ReceivedAt: observed, EnrichedAt: millis(now), ArrivalMS: observed.Sub(p.version).Milliseconds()},
	}
	if doc.Revision > 0 {
		doc.Timestamp = doc.CreatedAt
	}
	if doc.Lang == "" {
		doc.Lang = "und"
	}
	for _, r := range p.matched {
		doc.MatchedRules = append(doc.MatchedRules, r)
		doc.Categories = appendOnce(doc.Categories, r.Tag)
		doc.Teams = appendOnce(doc.Teams, e.teamByTag[r.Tag])
	}
	doc.Popularity = e.weights.Popularity(doc.Metrics)
	doc.Sentiment = e.sentiment(doc)
	doc.PromotionalReasons = promotionalReasons(p, doc)
	doc.Promotional = len(doc.PromotionalReasons) > 0
	return doc
}

// sentiment judges English posts only: the model's lexicon is English, and a word list finds words in any language.
func (e *Enricher) sentiment(doc *tweet.Document) tweet.Sentiment {
	if doc.Lang != "en" {
		return tweet.Sentiment{Label: "unknown", Model: "none"}
	}
	score := e.analyzer.Score(doc.Text).Compound
	return tweet.Sentiment{Score: score, Label: sentiment.Label(score), Model: SentimentModel}
}

// firstPost is the day of the first post on Twitter. Posts on Bluesky can be as old: people bring theirs along.
var firstPost = time.Date(2006, 3, 21, 0, 0, 0, 0, time.UTC)

// maxClockSkew is how far the source's clock may be ahead of ours.
const maxClockSkew = time.Hour

// Bounds of schemas/enriched-tweet.v1.json. The index would refuse or cut what is over them.
const (
	maxTextRunes = 100_000
	maxNames     = 1000
	maxNameRunes = 512
	maxIDRunes   = 64 // of a rule
	maxAuthor    = 256
	maxLangRunes = 32
	maxCount     = 1<<53 - 1 // what JavaScript can count to
)

// maxTweetIDBytes is the longest _id that Elasticsearch takes.
const maxTweetIDBytes = 512

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
	if len(d.TweetID) > maxTweetIDBytes {
		return over("the post's id")
	}
	if utf8.RuneCountInString(d.AuthorID) > maxAuthor {
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
