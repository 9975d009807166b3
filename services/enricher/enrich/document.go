package enrich

import (
	"time"

	"catsvdogs/services/enricher/sentiment"
	"catsvdogs/services/pipeline/tweet"
)

// post is one look at a post, as far as its source decides it.
type post struct {
	id           string // of the first version; the document's
	versionID    string // of this one
	url          string
	created      time.Time // of the first version
	version      time.Time // when this version was made
	kind         string
	text         string // as the source gives it
	spoken       string // what of it the author has said
	lang         string // "" when it is not known
	author       string
	authorName   string // both are empty when the source was not asked
	username     string
	hashtags     []string // never nil, as media
	media        []string
	unknownMedia bool // carries more than media tells
	matched      []tweet.MatchedRule
	metrics      tweet.Metrics
	revision     int      // how many edits led to this version
	links        []string // that the author has put in
	paid         bool     // the author says that it is an advertisement
	nullcast     bool     // the source says so
}

// asOf is of when the document tells. A line of the stream says what a version was when it was made, however late it comes: a
// copy that is delivered again, or a first version after its edit, must not take back what was seen since, nor bring a
// deleted post back. Only who has asked knows how a post is now.
func asOf(p *post, raw tweet.Raw) time.Time {
	if raw.Kind == tweet.KindStream && p.version.Before(raw.ObservedAt) {
		return millis(p.version)
	}
	return millis(raw.ObservedAt)
}

// document is all of the document but what promotion decides.
func (e *Enricher) document(p *post, raw tweet.Raw, now time.Time) *tweet.Document {
	observed := millis(raw.ObservedAt)
	doc := &tweet.Document{
		TweetID:        p.id,
		Timestamp:      observed,
		CreatedAt:      millis(p.created),
		ObservedAt:     asOf(p, raw),
		Source:         raw.Source,
		URL:            p.url,
		Kind:           p.kind,
		Text:           p.text,
		Lang:           p.lang,
		AuthorID:       p.author,
		AuthorName:     p.authorName,
		AuthorUsername: p.username,
		Hashtags:       p.hashtags,
		Teams:          make([]string, 0, min(2, len(p.matched))),
		Media:          p.media,
		Categories:     make([]string, 0, len(p.matched)),
		MatchedRules:   p.matched,
		Metrics:        p.metrics,
		Revision:       p.revision,
		Observations:   p.revision + 1,
		Pipeline:       tweet.Times{ReceivedAt: observed, EnrichedAt: millis(now), ArrivalMS: observed.Sub(p.version).Milliseconds()},
	}
	if doc.Revision > 0 {
		doc.Timestamp = doc.CreatedAt
	}
	if p.versionID != p.id {
		doc.VersionID = p.versionID
	}
	if raw.Kind == tweet.KindRefresh {
		if raw.Counts != nil {
			doc.Metrics = *raw.Counts
		}
		e.again(doc, raw.Earlier)
	}
	if doc.MatchedRules == nil {
		doc.MatchedRules = []tweet.MatchedRule{}
	}
	if doc.Lang == "" {
		doc.Lang = "und"
	}
	for _, r := range p.matched {
		doc.Categories = appendOnce(doc.Categories, r.Tag)
		doc.Teams = appendOnce(doc.Teams, e.teamByTag[r.Tag])
	}
	doc.Popularity = e.weights.Popularity(doc.Metrics)
	doc.Sentiment = e.sentiment(doc.Lang, p.spoken)
	doc.MediaOfQuote = e.mediaOfQuote(p, doc.MatchedRules)
	return doc
}

// sentiment judges English posts only: the model's lexicon is English, and a word list finds words in any language.
// What it gets is what the author said, but not plain: capitals, repeated letters and line breaks mean something to it.
func (e *Enricher) sentiment(lang, spoken string) tweet.Sentiment {
	if lang != "en" {
		return tweet.Sentiment{Label: "unknown", Model: "none"}
	}
	score := e.analyzer.Score(spoken).Compound
	return tweet.Sentiment{Score: score, Label: sentiment.Label(score), Model: SentimentModel}
}
