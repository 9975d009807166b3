// Package enrich turns a raw record into an enriched document. It is a pure function of the record, the contest, the moment
// and, for one signal, of how often the text was posted before: no I/O, no state, safe for concurrent use. What it cannot
// read it refuses with a reason.
package enrich

import (
	"fmt"
	"sync"

	"catsvdogs/services/enricher/promotion"
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
	weights    tweet.Weights
	scale      *promotion.Scale
	rules      *matching.Matcher
	teamByTag  map[string]string
	mediaByTag map[string][]string // kinds of media that the rule asks for
	analyzer   *sentiment.Analyzer
	readers    sync.Pool // of *xReader
}

// New returns an enricher for a contest. It fails only for a contest whose rules do not parse, which none from a file has.
func New(c *contest.Contest) (*Enricher, error) {
	rules, err := matching.New(c)
	if err != nil {
		return nil, fmt.Errorf("read the rules of the contest: %w", err)
	}
	e := &Enricher{
		weights: c.Popularity, scale: promotion.NewScale(c.Promotional), rules: rules, analyzer: sentiment.New(),
		teamByTag: map[string]string{}, mediaByTag: map[string][]string{},
	}
	for _, r := range c.StreamRules() {
		e.teamByTag[r.Tag], e.mediaByTag[r.Tag] = r.Team, wantedMedia(r.Value)
	}
	return e, nil
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
