package enricher

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/enricher/enrich"
	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// result is what becomes of one raw record: a record for tweets.enriched, which has no value for a deletion, or one for
// tweets.dlq.
type result struct {
	record    *kgo.Record
	createdAt time.Time         // of a post that is seen for the first time; otherwise zero
	refused   *delivery.Refusal // why it is a dead letter; otherwise nil

	// Of a post, before it is finished:
	raw     tweet.Raw
	draft   *enrich.Draft
	repeats promotion.Repeats
}

// process enriches a batch. Results stand in the order of the batch, so that producing them keeps the order of each
// partition, and so of each post.
//
//	draft     each record by itself        all cores
//	repeats   in the order of the batch    one window for all
//	models    of others, where asked for   some requests at a time, for a bounded time
//	finish    each record by itself        all cores
func (e *enricher) process(ctx context.Context, batch []*kgo.Record) []result {
	results := make([]result, len(batch))
	e.onAllCores(batch, results, e.draft)
	for i := range results {
		if d := results[i].draft; d != nil {
			results[i].repeats = d.Repeats(e.window)
		}
	}
	e.models.ask(ctx, results)
	e.onAllCores(batch, results, e.finish)
	return results
}

// onAllCores calls work for every record of a batch. What it returns is why the record is a dead letter.
func (e *enricher) onAllCores(batch []*kgo.Record, results []result, work func(*kgo.Record, *result) error) {
	workers := min(runtime.GOMAXPROCS(0), 1+len(batch)/smallBatch)
	var wg sync.WaitGroup
	for w := range workers {
		from, to := len(batch)*w/workers, len(batch)*(w+1)/workers
		wg.Go(func() {
			for i := from; i < to; i++ {
				e.guarded(batch[i], &results[i], work)
			}
		})
	}
	wg.Wait()
}

// smallBatch is how many records are worth a goroutine.
const smallBatch = 64

// guarded calls work, and makes a dead letter of a record that it refuses. A defect that one record meets must not stop its
// partition for good: every restart would meet it again.
func (e *enricher) guarded(r *kgo.Record, res *result, work func(*kgo.Record, *result) error) {
	dead := func(why *delivery.Refusal) {
		*res = result{record: delivery.DeadLetter(r, delivery.StageEnricher, why), refused: why}
	}
	defer func() {
		if p := recover(); p != nil {
			e.tel.Logger.Error("a record could not be processed because of a defect", "partition", r.Partition, "offset", r.Offset, "panic", p, "stack", string(debug.Stack()))
			dead(&delivery.Refusal{Reason: "internal", Detail: fmt.Sprint(p)})
		}
	}()
	err := work(r, res)
	if err == nil {
		return
	}
	refusal, ok := delivery.AsRefusal(err)
	if !ok {
		refusal = &delivery.Refusal{Reason: "internal", Detail: err.Error()}
	}
	dead(refusal)
}

// draft takes a record as far as it can be taken without the others: a post to its draft, a deletion to its end.
func (e *enricher) draft(r *kgo.Record, res *result) error {
	raw, err := tweet.ParseRaw(r.Key, r.Value, headersOf(r))
	if err != nil {
		return delivery.Refuse("invalid_headers", "%v", err)
	}
	if raw.Kind == tweet.KindDelete {
		id, err := enrich.Deletion(raw)
		if err != nil {
			return err
		}
		res.record = outgoing(id, nil, raw.ObservedAt, &raw, r)
		return fits(res.record)
	}
	d, err := e.enrich.Draft(raw, time.Now())
	if err != nil {
		return err
	}
	res.raw, res.draft = raw, &d
	return nil
}

// finish makes the record of a draft.
func (e *enricher) finish(r *kgo.Record, res *result) error {
	if res.draft == nil {
		return nil
	}
	doc := e.enrich.Finish(res.draft, res.repeats)
	value, err := tweet.Encode(doc)
	if err != nil {
		return err
	}
	res.record = outgoing(doc.TweetID, value, doc.ObservedAt, &res.raw, r)
	if err := fits(res.record); err != nil {
		return err
	}
	if doc.Revision == 0 && doc.RefreshedAt == nil {
		res.createdAt = doc.CreatedAt
	}
	return nil
}
