package refresher

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/refresher/agenda"
)

// maxRuleSets bounds the sets of rules that are told apart; a contest has a few of them.
const maxRuleSets = 1 << 16

// maxMatched bounds the rules that a post matches, as the enricher does.
const maxMatched = 100

// posts are the posts of a source that are to be looked at again. For one goroutine.
type posts struct {
	source  string
	weights tweet.Weights
	agenda  *agenda.Agenda[uint64]
	rules   [][]tweet.MatchedRule
	numbers map[string]uint32 // of the sets of rules, by their JSON
}

func newPosts(source string, c *contest.Contest, s agenda.Schedule, most int) *posts {
	return &posts{
		source: source, weights: c.Popularity, agenda: agenda.New[uint64](s, most),
		rules: [][]tweet.MatchedRule{{}}, numbers: map[string]uint32{"[]": 0},
	}
}

var errNoID = errors.New("the key is no id of a post on X")

// id reads the key of a post.
func id(key string) (uint64, error) {
	if !tweet.ValidXID(key) {
		return 0, errNoID
	}
	return strconv.ParseUint(key, 10, 64)
}

// document takes a document over.
func (p *posts) document(d *tweet.Document, now time.Time) error {
	if d.Source != p.source {
		return nil
	}
	key, err := id(d.TweetID)
	if err != nil {
		return err
	}
	version := key
	if d.VersionID != "" {
		if version, err = id(d.VersionID); err != nil {
			return err
		}
	}
	p.agenda.Observe(agenda.Observation[uint64]{
		Post: agenda.Post[uint64]{
			Key: key, Version: version,
			Created: d.CreatedAt.UnixMilli(), Arrived: d.Timestamp.UnixMilli(), ArrivalMS: d.Pipeline.ArrivalMS, Observed: d.ObservedAt.UnixMilli(),
			Counts: agenda.Pack(d.Metrics), Popularity: float32(d.Popularity), Rules: p.number(d.MatchedRules),
			Observations: uint16(min(max(d.Observations, 1), 1<<15)), Repeated: repeated(d),
		},
		Refresh: d.RefreshedAt != nil && d.RefreshedAt.Equal(d.ObservedAt),
		First:   d.RefreshedAt != nil || d.Revision == 0,
		Wanted:  wanted(d),
	}, now.UnixMilli())
	return nil
}

// wanted says whether a post is looked at: whether it counts. A repost has no engagement of its own, but it may be deleted.
func wanted(d *tweet.Document) bool { return len(d.Teams) > 0 }

// repeated says whether the text was taken for a repeated one.
func repeated(d *tweet.Document) bool { return slices.Contains(d.PromotionalReasons, "repeated_text") }

// look takes a look over that stands in tweets.raw and has no document yet. value is the line.
func (p *posts) look(key uint64, observed time.Time, value []byte, now time.Time) {
	m := metricsOf(value)
	p.agenda.Done(key, observed.UnixMilli(), agenda.Pack(m), float32(p.weights.Popularity(m)), now.UnixMilli())
}

// number returns the number of a set of rules.
func (p *posts) number(rules []tweet.MatchedRule) uint32 {
	if len(rules) == 0 {
		return 0
	}
	rules = rules[:min(len(rules), maxMatched)]
	name, _ := json.Marshal(rules) // strings alone cannot fail
	n, known := p.numbers[string(name)]
	if !known && len(p.rules) < maxRuleSets {
		n = uint32(len(p.rules))
		p.numbers[string(name)] = n
		p.rules = append(p.rules, slices.Clone(rules))
	}
	return n
}

// metricsOf reads the counts in a line of X. Those that it does not have are 0.
func metricsOf(line []byte) tweet.Metrics {
	var l struct {
		Data struct {
			Metrics struct {
				Retweets    int64  `json:"retweet_count"`
				Replies     int64  `json:"reply_count"`
				Likes       int64  `json:"like_count"`
				Quotes      int64  `json:"quote_count"`
				Bookmarks   *int64 `json:"bookmark_count"`
				Impressions *int64 `json:"impression_count"`
			} `json:"public_metrics"`
		} `json:"data"`
	}
	if tweet.DecodeJSON(line, &l) != nil {
		return tweet.Metrics{}
	}
	m := l.Data.Metrics
	return tweet.Metrics{Retweets: m.Retweets, Replies: m.Replies, Likes: m.Likes, Quotes: m.Quotes, Bookmarks: m.Bookmarks, Impressions: m.Impressions}
}

// earlierOf is what the next look at a post has to tell the enricher of those before it.
func earlierOf[K agenda.Key](p agenda.Post[K]) *tweet.Earlier {
	return &tweet.Earlier{
		ArrivedAt: time.UnixMilli(p.Arrived).UTC(), ArrivalMS: p.ArrivalMS, ObservedAt: time.UnixMilli(p.Observed).UTC(),
		Observations: int(p.Observations), Metrics: p.Counts.Metrics(), Repeated: p.Repeated,
	}
}
