package index

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/sink/bulk"
)

// maxIDBytes is the longest id that Elasticsearch takes. It refuses the whole bulk that has a longer one.
const maxIDBytes = 512

// newItem makes an item of a record of tweets.enriched. The document is sent as it stands in Kafka, but for the fields
// that tell when; only what places it is read.
func newItem(r *kgo.Record, period tweet.IndexPeriod) (*bulk.Item, error) {
	if r.Value == nil {
		return newStub(r, period)
	}
	var place struct {
		TweetID    string    `json:"tweet_id"`
		CreatedAt  time.Time `json:"created_at"`
		ObservedAt time.Time `json:"observed_at"`
		Pipeline   struct {
			ReceivedAt time.Time `json:"received_at"`
		} `json:"pipeline"`
	}
	if err := tweet.DecodeJSON(r.Value, &place); err != nil {
		return nil, delivery.Refuse("invalid_document", "%v", err)
	}
	if place.TweetID == "" || place.CreatedAt.IsZero() || place.ObservedAt.IsZero() {
		return nil, delivery.Refuse("invalid_document", "tweet_id, created_at and observed_at must be there")
	}
	if len(place.TweetID) > maxIDBytes {
		return nil, delivery.Refuse("invalid_document", "tweet_id has %d bytes, and an id of the index at most %d", len(place.TweetID), maxIDBytes)
	}
	if err := checkCreated("invalid_document", place.CreatedAt, place.ObservedAt); err != nil {
		return nil, err
	}
	document, err := newStamped(r.Value, place.Pipeline.ReceivedAt)
	if err != nil {
		return nil, delivery.Refuse("invalid_document", "%v", err)
	}
	return &bulk.Item{
		Index: tweet.IndexName(place.CreatedAt, period), ID: place.TweetID,
		Version: new(tweet.Version(place.ObservedAt)), Document: document,
	}, nil
}

// newStub makes what takes the place of a deleted post. A delete request would not do: Elasticsearch forgets the version
// of a deleted document after a minute (index.gc_deletes), and a late older copy would bring the post back. The alias
// for reading leaves stubs out.
//
// A deletion wins over an observation in the same millisecond, whichever comes first: its version is one above, and only
// above what the index has it is stored. So an observation of the next millisecond, which has the same version and is stored
// over it, stays as well, whichever comes first.
//
//	                       then comes a look at 5   a look at 6   a deletion at 5   a deletion at 6
//	the index has a look at 5 (5)      stored         stored       stored (6 > 5)      stored
//	a deletion at 5 (6)                stale          stored (6)   stale               stored (7 > 6)
//	a look at 6 (6)                    stale          stored       stale (6 = 6)       stored
func newStub(r *kgo.Record, period tweet.IndexPeriod) (*bulk.Item, error) {
	id := string(r.Key)
	created, ok := tweet.CreatedFromKey(id)
	if !ok {
		return nil, delivery.Refuse("invalid_deletion", "the key %.40q does not tell which index holds the post", id)
	}
	observed := broker.ObservedAt(r)
	if err := checkCreated("invalid_deletion", created, observed); err != nil {
		return nil, err
	}
	source, err := json.Marshal(struct {
		TweetID   string    `json:"tweet_id"`
		DeletedAt time.Time `json:"deleted_at"`
	}{id, observed.UTC()})
	if err != nil {
		return nil, fmt.Errorf("encode the stub of %s: %w", id, err)
	}
	return &bulk.Item{
		Index: tweet.IndexName(created, period), ID: id,
		Version: new(tweet.Version(observed) + 1), Above: true, Document: stamped{json: source},
	}, nil
}
