package ledger

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/topic"
)

// takeEnriched takes a record of tweets.enriched (schemas/enriched-tweet.v1.json).
func (b *book) takeEnriched(r *kgo.Record) {
	p := b.partition(r.Topic, r.Partition)
	origin, attributed := originOf(r.Headers)
	attributed = attributed && origin.Topic == topic.Raw
	if _, again := header(r.Headers, topic.HeaderRedriveOf); again {
		attributed = false // the index had refused it, and it was put back: its origin has got its document before
	} else if !attributed {
		p.Unattributed++
	}
	if attributed {
		b.note(b.Origins.Made(origin.Partition, origin.Offset, placeOf(r), string(r.Key))...)
		b.note(b.copies.Make(origin, b.contest.documentSays(r))...)
	} else {
		origin.Offset = -1
	}
	b.see(r, origin)
}

// nowhere is the origin of what nobody knows the origin of.
var nowhere = account.Place{Partition: -1, Offset: -1}

// see takes what a record says of its post.
func (b *book) see(r *kgo.Record, origin account.Place) {
	key, version, ok := versionOf(r)
	if !ok {
		return // the index half refuses it; a dead letter says so
	}
	version.Origin, version.From = origin.Offset, origin.Partition
	b.note(b.posts.See(key, version)...)
}

// versionOf reads what a record of tweets.enriched says of its post; false for what cannot be a document of the index.
func versionOf(r *kgo.Record) (key string, v account.Version, ok bool) {
	v = account.Version{Offset: r.Offset, Partition: r.Partition, Deleted: r.Value == nil, At: observedOf(r).UnixMilli()}
	if v.Deleted {
		v.Day = dayOf(string(r.Key))
		return string(r.Key), v, v.Day >= 0
	}
	var document struct {
		TweetID    string    `json:"tweet_id"`
		CreatedAt  time.Time `json:"created_at"`
		ObservedAt time.Time `json:"observed_at"`
	}
	if json.Unmarshal(r.Value, &document) != nil || document.TweetID == "" || document.ObservedAt.IsZero() {
		return "", v, false
	}
	v.At, v.Day = document.ObservedAt.UnixMilli(), -1
	if !document.CreatedAt.IsZero() {
		v.Day = dayOfMilli(document.CreatedAt.UnixMilli())
	}
	v.Digest = documentDigest(r.Value)
	return document.TweetID, v, true
}

// addedFields are those that the index half adds to each document (schemas/index/tweets-mapping.json).
var addedFields = []string{"indexed_at", "index_ms"}

// documentDigest is of a document without what the index half adds, with its fields in the order of their names and its
// numbers as they are written. What is no JSON object stands for itself.
func documentDigest(text []byte) account.Digest {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var fields map[string]any
	if d.Decode(&fields) != nil {
		return digest(text)
	}
	for _, name := range addedFields {
		delete(fields, name)
	}
	canonical, err := json.Marshal(fields)
	if err != nil { // what was decoded always encodes
		return digest(text)
	}
	return digest(canonical)
}

func placeOf(r *kgo.Record) account.Place {
	return account.Place{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
}
