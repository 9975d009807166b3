package enricher

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// outgoing is a record for tweets.enriched: the document of a post, or nil for one that is gone.
func outgoing(id string, document []byte, raw *tweet.Raw) *kgo.Record {
	return &kgo.Record{
		Topic: topic.Enriched,
		Key:   []byte(id),
		Value: document,
		Headers: []kgo.RecordHeader{
			{Key: topic.HeaderSchema, Value: []byte(tweet.SchemaEnriched)},
			{Key: topic.HeaderObservedAt, Value: []byte(raw.ObservedAt.UTC().Format(time.RFC3339Nano))},
			{Key: topic.HeaderSource, Value: []byte(raw.Source)},
			{Key: topic.HeaderTraceparent, Value: []byte(raw.Traceparent)},
		},
	}
}

// recordOverhead is room for key, headers and framing beside a value.
const recordOverhead = 64 << 10

func headersOf(r *kgo.Record) func(yield func(tweet.Header) bool) {
	return func(yield func(tweet.Header) bool) {
		for _, h := range r.Headers {
			if !yield(tweet.Header{Key: h.Key, Value: h.Value}) {
				return
			}
		}
	}
}
