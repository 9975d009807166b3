// Package table makes a Parquet file (https://parquet.apache.org/docs/file-format/) of the documents in an object of
// tweets.enriched, for DuckDB, Spark and the like. It owns the columns; the lines it is made from stay the truth.
package table

import (
	"time"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/tweet"
)

// row is one document, under the names of schemas/enriched-tweet.v1.json but for the @ of @timestamp, which query
// languages would want quoted. Times are in milliseconds, UTC. The place in Kafka tells which of several versions of a
// post is the latest.
type row struct {
	TweetID            string     `parquet:"tweet_id"`
	VersionID          *string    `parquet:"version_id,optional"`
	Timestamp          time.Time  `parquet:"timestamp,timestamp(millisecond)"`
	CreatedAt          time.Time  `parquet:"created_at,timestamp(millisecond)"`
	ObservedAt         time.Time  `parquet:"observed_at,timestamp(millisecond)"`
	RefreshedAt        *time.Time `parquet:"refreshed_at,optional,timestamp(millisecond)"`
	Source             string     `parquet:"source,dict"`
	URL                *string    `parquet:"url,optional"`
	Kind               string     `parquet:"kind,dict"`
	Text               string     `parquet:"text"`
	Lang               string     `parquet:"lang,dict"`
	AuthorID           *string    `parquet:"author_id,optional"`
	AuthorName         *string    `parquet:"author_name,optional"`
	AuthorUsername     *string    `parquet:"author_username,optional"`
	Hashtags           []string   `parquet:"hashtags,list"`
	Teams              []string   `parquet:"teams,list"`
	Media              []string   `parquet:"media,list"`
	MediaOfQuote       bool       `parquet:"media_of_quote"`
	Categories         []string   `parquet:"categories,list"`
	MatchedRules       []rule     `parquet:"matched_rules,list"`
	Metrics            metrics    `parquet:"metrics"`
	Popularity         float64    `parquet:"popularity"`
	Growth             *float64   `parquet:"growth,optional"`
	Sentiment          sentiment  `parquet:"sentiment"`
	Pictures           *pictures  `parquet:"pictures,optional"`
	Promotional        bool       `parquet:"promotional"`
	PromotionalReasons []string   `parquet:"promotional_reasons,list"`
	PromotionalScore   float64    `parquet:"promotional_score"`
	Observations       int64      `parquet:"observations"`
	Revision           int64      `parquet:"revision"`
	Pipeline           times      `parquet:"pipeline"`
	KafkaPartition     int32      `parquet:"kafka_partition"`
	KafkaOffset        int64      `parquet:"kafka_offset,delta"`
}

type rule struct {
	ID  string `parquet:"id"`
	Tag string `parquet:"tag"`
}

type metrics struct {
	Retweets    int64  `parquet:"retweets"`
	Replies     int64  `parquet:"replies"`
	Likes       int64  `parquet:"likes"`
	Quotes      int64  `parquet:"quotes"`
	Impressions *int64 `parquet:"impressions,optional"`
	Bookmarks   *int64 `parquet:"bookmarks,optional"`
}

type sentiment struct {
	Score float64 `parquet:"score"`
	Label string  `parquet:"label,dict"`
	Model string  `parquet:"model,dict"`

	Fallback *string `parquet:"fallback,optional"`
}

type pictures struct {
	Model      *string      `parquet:"model,optional"`
	Shows      []string     `parquet:"shows,list"`
	Confidence []confidence `parquet:"confidence,list"`
	Reason     *string      `parquet:"reason,optional"`
}

type confidence struct {
	Team  string  `parquet:"team"`
	Score float64 `parquet:"score"`
}

type times struct {
	ReceivedAt time.Time `parquet:"received_at,timestamp(millisecond)"`
	EnrichedAt time.Time `parquet:"enriched_at,timestamp(millisecond)"`
	ArrivalMS  int64     `parquet:"arrival_ms"`
}

func rowOf(l archived.Line, d *tweet.Document) row {
	r := row{
		TweetID: d.TweetID, VersionID: present(d.VersionID), RefreshedAt: d.RefreshedAt, Timestamp: d.Timestamp, CreatedAt: d.CreatedAt, ObservedAt: d.ObservedAt, Source: d.Source,
		URL: present(d.URL), Kind: d.Kind, Text: d.Text, Lang: d.Lang, AuthorID: present(d.AuthorID),
		AuthorName: present(d.AuthorName), AuthorUsername: present(d.AuthorUsername), Growth: d.Growth,
		Hashtags: d.Hashtags, Teams: d.Teams, Media: d.Media, MediaOfQuote: d.MediaOfQuote, Categories: d.Categories,
		Metrics: metrics(d.Metrics), Popularity: d.Popularity, Pictures: picturesOf(d.Pictures),
		Sentiment:   sentiment{Score: d.Sentiment.Score, Label: d.Sentiment.Label, Model: d.Sentiment.Model, Fallback: present(d.Sentiment.Fallback)},
		Promotional: d.Promotional, PromotionalReasons: d.PromotionalReasons, PromotionalScore: d.PromotionalScore,
		Observations: int64(d.Observations), Revision: int64(d.Revision), Pipeline: times(d.Pipeline),
		KafkaPartition: l.Partition, KafkaOffset: l.Offset,
	}
	for _, m := range d.MatchedRules {
		r.MatchedRules = append(r.MatchedRules, rule(m))
	}
	return r
}

func picturesOf(p *tweet.Pictures) *pictures {
	if p == nil {
		return nil
	}
	out := &pictures{Model: present(p.Model), Shows: p.Shows, Reason: present(p.Reason)}
	for _, c := range p.Confidence {
		out.Confidence = append(out.Confidence, confidence(c))
	}
	return out
}

// present makes an absent text a null.
func present(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
