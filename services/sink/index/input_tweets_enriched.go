package index

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// item is one document to be written.
type item struct {
	record  *kgo.Record
	index   string
	id      string
	version int64  // external version
	source  []byte // the document, one line
}

// size is about what the item takes in a bulk request.
func (it *item) size() int { return len(it.source) + len(it.id) + 128 }

// newItem makes an item of a record of tweets.enriched. The document is sent as it stands in Kafka; only what places it
// is read.
func newItem(r *kgo.Record, period tweet.IndexPeriod) (*item, error) {
	if r.Value == nil {
		return newStub(r, period)
	}
	var place struct {
		TweetID    string    `json:"tweet_id"`
		CreatedAt  time.Time `json:"created_at"`
		ObservedAt time.Time `json:"observed_at"`
	}
	if err := tweet.DecodeJSON(r.Value, &place); err != nil {
		return nil, delivery.Refuse("invalid_document", "%v", err)
	}
	if place.TweetID == "" || place.CreatedAt.IsZero() || place.ObservedAt.IsZero() {
		return nil, delivery.Refuse("invalid_document", "tweet_id, created_at and observed_at must be there")
	}
	return &item{
		record: r, index: tweet.IndexName(place.CreatedAt, period), id: place.TweetID,
		version: tweet.Version(place.ObservedAt), source: r.Value,
	}, nil
}

// newStub makes what takes the place of a deleted post. A delete request would not do: Elasticsearch forgets the version
// of a deleted document after a minute (index.gc_deletes), and a late older copy would bring the post back. The alias
// for reading leaves stubs out.
func newStub(r *kgo.Record, period tweet.IndexPeriod) (*item, error) {
	id := string(r.Key)
	created, ok := tweet.SnowflakeTime(id)
	if !ok {
		return nil, delivery.Refuse("invalid_deletion", "the key %.40q does not tell which index holds the post", id)
	}
	observed := broker.ObservedAt(r)
	source, err := json.Marshal(struct {
		TweetID   string    `json:"tweet_id"`
		DeletedAt time.Time `json:"deleted_at"`
	}{id, observed.UTC()})
	if err != nil {
		return nil, fmt.Errorf("encode the stub of %s: %w", id, err)
	}
	return &item{record: r, index: tweet.IndexName(created, period), id: id, version: tweet.Version(observed), source: source}, nil
}

// chunks cuts items into bulks of at most maxBytes, or of one item where that alone is larger.
func chunks(items []*item, maxBytes int) [][]*item {
	var out [][]*item
	from, size := 0, 0
	for i, it := range items {
		if i > from && size+it.size() > maxBytes {
			out = append(out, items[from:i])
			from, size = i, 0
		}
		size += it.size()
	}
	if from < len(items) {
		out = append(out, items[from:])
	}
	return out
}
