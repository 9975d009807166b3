package enricher

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/enricher/enrich"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// result is what becomes of one raw record: a record for tweets.enriched, which has no value for a deletion, or one for
// tweets.dlq.
type result struct {
	record    *kgo.Record
	createdAt time.Time         // of a post that is seen for the first time; otherwise zero
	refused   *delivery.Refusal // why it is a dead letter; otherwise nil
}

// process enriches a batch on all cores. Results stand in the order of the batch, so that producing them keeps the
// order of each partition, and so of each post.
func (e *enricher) process(batch []*kgo.Record) []result {
	results := make([]result, len(batch))
	workers := min(runtime.GOMAXPROCS(0), 1+len(batch)/smallBatch)
	var wg sync.WaitGroup
	for w := range workers {
		from, to := len(batch)*w/workers, len(batch)*(w+1)/workers
		wg.Go(func() {
			for i := from; i < to; i++ {
				results[i] = e.processRecord(batch[i], time.Now())
			}
		})
	}
	wg.Wait()
	return results
}

// smallBatch is how many records are worth a goroutine.
const smallBatch = 64

func (e *enricher) processRecord(r *kgo.Record, now time.Time) (res result) {
	defer func() {
		// A defect that one record meets must not stop its partition for good: every restart would meet it again.
		if p := recover(); p != nil {
			e.tel.Logger.Error("a record could not be processed because of a defect", "partition", r.Partition, "offset", r.Offset, "panic", p, "stack", string(debug.Stack()))
			why := &delivery.Refusal{Reason: "internal", Detail: fmt.Sprint(p)}
			res = result{record: delivery.DeadLetter(r, delivery.StageEnricher, why), refused: why}
		}
	}()
	record, createdAt, err := e.enriched(r, now)
	if err == nil {
		return result{record: record, createdAt: createdAt}
	}
	refusal, ok := delivery.AsRefusal(err)
	if !ok {
		refusal = &delivery.Refusal{Reason: "internal", Detail: err.Error()}
	}
	return result{record: delivery.DeadLetter(r, delivery.StageEnricher, refusal), refused: refusal}
}

func (e *enricher) enriched(r *kgo.Record, now time.Time) (*kgo.Record, time.Time, error) {
	raw, err := tweet.ParseRaw(r.Key, r.Value, headersOf(r))
	if err != nil {
		return nil, time.Time{}, delivery.Refuse("invalid_headers", "%v", err)
	}
	if raw.Kind == tweet.KindDelete {
		id, err := enrich.Deletion(raw)
		if err != nil {
			return nil, time.Time{}, err
		}
		return outgoing(id, nil, &raw), time.Time{}, nil
	}
	doc, err := e.enrich.Enrich(raw, now)
	if err != nil {
		return nil, time.Time{}, err
	}
	value, err := tweet.Encode(doc)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(value) > topic.MaxRecordBytes-recordOverhead {
		// The broker would refuse the whole batch, again and again.
		return nil, time.Time{}, delivery.Refuse("document_too_large", "the document has %d bytes", len(value))
	}
	var created time.Time
	if doc.Revision == 0 {
		created = doc.CreatedAt
	}
	return outgoing(doc.TweetID, value, &raw), created, nil
}

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
