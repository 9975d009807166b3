package live

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// look is a record of tweets.enriched as the rollup wants it. created is for the latency; it is zero for a deletion.
type look struct {
	rollup.Observation
	created time.Time
}

// readLook decodes a record. weights are those of popularity. The error is a *delivery.Refusal.
func readLook(r *kgo.Record, weights tweet.Weights) (look, error) {
	if r.Value == nil {
		if len(r.Key) == 0 {
			return look{}, delivery.Refuse("no_id", "a deletion without a key")
		}
		return look{Observation: rollup.Observation{Partition: r.Partition, ID: string(r.Key), Deleted: true, ObservedAt: broker.ObservedAt(r)}}, nil
	}
	d, err := tweet.Decode(r.Value)
	if err != nil {
		return look{}, delivery.Refuse("invalid_json", "%v", err)
	}
	switch {
	case d.TweetID == "":
		return look{}, delivery.Refuse("no_id", "a document without tweet_id")
	case d.Timestamp.IsZero() || d.ObservedAt.IsZero():
		return look{}, delivery.Refuse("no_time", "a document without @timestamp or observed_at")
	}
	l := look{
		Observation: rollup.Observation{
			Partition: r.Partition, ID: d.TweetID, ArrivedAt: d.Timestamp, ObservedAt: d.ObservedAt,
			Source: sourceOf(d.Source), Promotional: d.Promotional, Teams: d.Teams, Categories: d.Categories,
			Hashtags: countable(d.Hashtags), Popularity: d.Popularity, Engagement: weights.Engagement(d.Metrics), Growth: d.Growth, Score: d.Sentiment.Score, Label: labelOf(d.Sentiment.Label),
		},
		created: d.CreatedAt,
	}
	// Most posts have no engagement yet and so will not be shown.
	if d.Popularity > 0 {
		if p := newPost(d); p != nil {
			l.Content = p
		}
	}
	return l, nil
}
