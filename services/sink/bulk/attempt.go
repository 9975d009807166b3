package bulk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"catsvdogs/services/pipeline/elastic"
)

// store sends the items until each is settled, for as long as it takes. What is to be sent again is sent together once the
// rest has been, so that one document that is refused again and again holds no other up; a request that is refused as a
// whole is halved. Each trouble is followed by a pause, which grows while nothing gets through. An error tells that ctx has
// ended before.
func (r *run) store(ctx context.Context, items []*Item) error {
	parts := [][]*Item{items} // still to be sent; each is at most one request
	var later []*Item         // to be sent again
	p := newPause()
	waiting, doubt := false, false // doubt: whatever answers next may be another server, or one that has lost its data
	for len(parts) > 0 || len(later) > 0 {
		if len(parts) == 0 {
			parts, later = append(parts, later), nil
		}
		var again []*Item
		before := count(parts)
		err := r.trust(ctx, &doubt)
		if err == nil {
			parts, again, err = r.attempt(ctx, parts)
			doubt = err != nil
			later = append(later, again...)
		}
		if count(parts)+len(again) < before {
			p.Reset() // something got through
		}
		if err == nil && len(again) == 0 {
			continue
		}
		if err == nil {
			err = fmt.Errorf("%d items are to be sent again: %s", len(again), again[0].Verdict.Reason)
		}
		r.standing.waits(err.Error(), !waiting)
		waiting = true
		if err := r.wait(ctx, p, err, count(parts)+len(later)); err != nil {
			return err
		}
	}
	if waiting {
		r.standing.goesOn()
	}
	return nil
}

// trust looks for the index template where there is doubt. A server that was away may come back empty, and would guess a
// mapping from the first document that it gets.
func (r *run) trust(ctx context.Context, doubt *bool) error {
	if !*doubt {
		return nil
	}
	err := r.findTemplate(ctx)
	*doubt = err != nil
	return err
}

// attempt makes one request of the last part. It returns the parts that are left, smaller ones where it was too large, and
// the items that are to be sent again, which are in none of them. An error means that nothing is known of the request.
func (r *run) attempt(ctx context.Context, parts [][]*Item) (left [][]*Item, again []*Item, err error) {
	p, err := r.throttle.acquire(ctx)
	if err != nil {
		return parts, nil, err
	}
	left, items := parts[:len(parts)-1], parts[len(parts)-1]
	n, bytes := fitting(items, p.bytes) // what was allowed when the items were taken may have shrunk
	if n < len(items) {
		left, items = append(left, items[n:]), items[:n]
	}
	verdicts, err := r.send(ctx, items)
	r.options.Metrics.seconds.Observe(time.Since(p.sentAt).Seconds())
	r.throttle.release(p, bytes, troubleOf(verdicts, err))
	var whole *refusedWholeError
	switch {
	case errors.As(err, &whole) && len(items) > 1:
		middle := len(items) / 2
		return append(left, items[middle:], items[:middle]), nil, nil
	case whole != nil:
		verdicts = []Verdict{{Outcome: Refused, Kind: "bulk_refused", Reason: whole.Error()}}
	case err != nil:
		r.options.Metrics.failed.Inc()
		return append(left, items), nil, err
	}
	return left, r.settle(items, verdicts), nil
}

// settle gives the items their verdicts and returns those that are to be sent again.
func (r *run) settle(items []*Item, verdicts []Verdict) (again []*Item) {
	outcomes := map[Outcome]int{}
	aside := ""
	for i, v := range verdicts {
		it := items[i]
		it.Verdict = v
		outcomes[v.Outcome]++
		if v.Outcome == Later {
			again = append(again, it)
			continue
		}
		if v.Outcome == FailureStore {
			aside = it.Index + "/" + it.ID
		}
		it.settle()
	}
	for outcome, n := range outcomes {
		r.options.Metrics.verdicts.WithLabelValues(string(outcome)).Add(float64(n))
	}
	if n := outcomes[FailureStore]; n > 0 {
		r.options.Logger.Warn("documents went to the failure store, not to the index", "documents", n, "one_of_them", aside)
	}
	return again
}

// troubleOf says what the outcome of a request tells of the load on the server. That a document is refused tells nothing.
func troubleOf(verdicts []Verdict, err error) trouble {
	var whole *refusedWholeError
	var status *elastic.StatusError
	switch {
	case errors.As(err, &whole) && whole.tooLarge:
		return tooLarge
	case errors.As(err, &whole):
		return ""
	case errors.As(err, &status) && status.Status == http.StatusTooManyRequests:
		return pushedBack
	case err != nil:
		return failed
	}
	found := trouble("")
	for _, v := range verdicts {
		if v.Status == http.StatusTooManyRequests {
			return pushedBack
		}
		if v.Status >= 500 {
			found = failed
		}
	}
	return found
}

// wait pauses before another try, for this many documents; an error tells that ctx has ended before.
func (w *Writer) wait(ctx context.Context, p *backoff.ExponentialBackOff, cause error, documents int) error {
	d := p.NextBackOff()
	w.options.Logger.Warn("the index does not take documents; they wait", "error", cause, "documents", documents, "again_in", d.Round(time.Millisecond))
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w while waiting for the index: %w", context.Cause(ctx), cause)
	}
}

// newPause grows from a quarter of a second to ten seconds, with jitter, for as long as it takes.
func newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 250 * time.Millisecond
	b.MaxInterval = 10 * time.Second
	return b
}

func count(parts [][]*Item) (n int) {
	for _, items := range parts {
		n += len(items)
	}
	return n
}
