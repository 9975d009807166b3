package enrich

import (
	"unicode/utf8"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

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
	m := &d.Metrics
	for _, n := range [...]*int64{&m.Retweets, &m.Replies, &m.Likes, &m.Quotes, m.Impressions, m.Bookmarks} {
		if n != nil && (*n < 0 || *n > maxCount) {
			return over("a metric")
		}
	}
	return nil
}
