package enricher

import (
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// outgoing is a record for tweets.enriched: the document of a post, or nil for one that is gone. It says which raw record it
// was made of; observed is of when it tells.
func outgoing(id string, document []byte, observed time.Time, raw *tweet.Raw, of *kgo.Record) *kgo.Record {
	// Two pieces of memory for each record instead of nine.
	made := new(struct {
		record  kgo.Record
		headers [6]kgo.RecordHeader
	})
	text := make([]byte, 0, len(id)+len(time.RFC3339Nano)+len(raw.Source)+len(raw.Traceparent)+maxPlace)
	part := func(grown []byte) []byte {
		from := len(text)
		text = grown
		return text[from:len(text):len(text)]
	}
	made.record = kgo.Record{Topic: topic.Enriched, Key: part(append(text, id...)), Value: document, Headers: made.headers[:]}
	made.headers = [...]kgo.RecordHeader{
		{Key: topic.HeaderSchema, Value: schemaEnriched},
		{Key: topic.HeaderObservedAt, Value: part(observed.UTC().AppendFormat(text, time.RFC3339Nano))},
		{Key: topic.HeaderSource, Value: part(append(text, raw.Source...))},
		{Key: topic.HeaderTraceparent, Value: part(append(text, raw.Traceparent...))},
		{Key: topic.HeaderOriginPartition, Value: part(strconv.AppendInt(text, int64(of.Partition), 10))},
		{Key: topic.HeaderOriginOffset, Value: part(strconv.AppendInt(text, of.Offset, 10))},
	}
	return &made.record
}

// maxPlace is how many digits a partition and an offset have at most.
const maxPlace = 10 + 19

// schemaEnriched is in every record; nobody writes to it.
var schemaEnriched = []byte(tweet.SchemaEnriched)

// fits refuses a record that the broker would refuse, with its whole batch, again and again: a document may be too large,
// and so may be what somebody else has put into the headers that are passed on.
func fits(r *kgo.Record) error {
	n := len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value)
	}
	if n > topic.MaxRecordBytes-recordOverhead {
		return delivery.Refuse("document_too_large", "the document has %d bytes, with key and headers %d", len(r.Value), n)
	}
	return nil
}

// recordOverhead is room for the framing of a record and its batch.
const recordOverhead = 1 << 10

func headersOf(r *kgo.Record) func(yield func(tweet.Header) bool) {
	return func(yield func(tweet.Header) bool) {
		for _, h := range r.Headers {
			if !yield(tweet.Header{Key: h.Key, Value: h.Value}) {
				return
			}
		}
	}
}
