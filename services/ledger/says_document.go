package ledger

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// documentSays is what a record of tweets.enriched says (schemas/enriched-tweet.v1.json).
func (c *contest) documentSays(r *kgo.Record) account.Copy {
	var w words
	w[account.Key] = quoted(string(r.Key))
	told, _ := header(r.Headers, topic.HeaderObservedAt)
	if observed, err := time.Parse(time.RFC3339Nano, string(told)); err == nil {
		w[account.Headers] = moment(observed)
	}
	if r.Value == nil {
		return account.Copy{Made: account.AsDeletion, Said: w.digests()}
	}
	var d struct {
		TweetID      string    `json:"tweet_id"`
		VersionID    string    `json:"version_id"`
		Timestamp    time.Time `json:"@timestamp"`
		CreatedAt    time.Time `json:"created_at"`
		ObservedAt   time.Time `json:"observed_at"`
		Source       string    `json:"source"`
		Kind         string    `json:"kind"`
		Text         string    `json:"text"`
		Lang         string    `json:"lang"`
		AuthorID     string    `json:"author_id"`
		Hashtags     []string  `json:"hashtags"`
		Teams        []string  `json:"teams"`
		Media        []string  `json:"media"`
		Categories   []string  `json:"categories"`
		MatchedRules []struct {
			ID  string `json:"id"`
			Tag string `json:"tag"`
		} `json:"matched_rules"`
		Metrics      map[string]int64 `json:"metrics"`
		Popularity   float64          `json:"popularity"`
		Observations int              `json:"observations"`
		Revision     int              `json:"revision"`
		Pipeline     struct {
			ReceivedAt time.Time `json:"received_at"`
		} `json:"pipeline"`
	}
	if json.Unmarshal(r.Value, &d) != nil {
		w[account.Text] = "no document"
		return account.Copy{Made: account.AsDocument, Said: w.digests()}
	}
	var rules []rule
	for _, m := range d.MatchedRules {
		rules = append(rules, rule{m.ID, m.Tag})
	}
	w[account.TweetID], w[account.VersionID], w[account.RawKey] = quoted(d.TweetID), quoted(d.VersionID), quoted(d.TweetID)
	w[account.Timestamp], w[account.CreatedAt], w[account.ObservedAt] = moment(d.Timestamp), moment(d.CreatedAt), moment(d.ObservedAt)
	w[account.Source], w[account.PostKind], w[account.Text], w[account.Lang], w[account.AuthorID] = quoted(d.Source), quoted(d.Kind), quoted(d.Text), quoted(d.Lang), quoted(d.AuthorID)
	w[account.Hashtags], w[account.Media], w[account.Teams], w[account.Categories] = set(d.Hashtags), list(d.Media), set(d.Teams), list(d.Categories)
	w[account.MatchedRules], w[account.Metrics] = ruled(rules), counted(d.Metrics)
	w[account.Observations], w[account.Revision] = strconv.Itoa(d.Observations), strconv.Itoa(d.Revision)
	w[account.ReceivedAt] = moment(d.Pipeline.ReceivedAt)
	w[account.Popularity] = strconv.FormatFloat(d.Popularity, 'f', 4, 64)
	return account.Copy{Made: account.AsDocument, Said: w.digests()}
}

// letterSays is what a dead letter says of the record that was refused: key, value and headers, behind which stand at least
// six of its own (schemas/dead-letter.v1.json).
func letterSays(r *kgo.Record) account.Copy {
	said := account.Copy{Made: account.AsLetter}
	if _, cut := header(r.Headers, topic.HeaderTruncatedLength); cut || len(r.Headers) < ownHeaders {
		return said // of a record that was too large it holds a part only, or it says of itself what a line did
	}
	refused := *r
	refused.Headers = r.Headers[:len(r.Headers)-ownHeaders]
	said.Whole = recordDigest(refused.Key, stampOf(&refused))
	return said
}

// ownHeaders is how many headers a dead letter has of its own.
const ownHeaders = 6
