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

const (
	// refusedWhole is how many requests in a row may be refused as a whole with a 400 before there is a pause. To find the one
	// document that does it, a bulk of ten thousand is halved fourteen times; where all are refused, nothing is found.
	refusedWhole = 16
	// refusedAlone is how many documents in a row may each be refused by the refusal of a whole request. After that something
	// refuses requests, and the documents are not at fault.
	refusedAlone = 3
)

// storing is the work on the items of one bulk.
type storing struct {
	*run
	parts    [][]*Item // still to be sent; each is at most one request
	later    []*Item   // to be sent again
	blocked  []*Item   // not to be sent again before something is done about their index
	settled  []*Item
	doubt    bool // whatever answers next may be another server, or one that has lost its data
	refusals int  // requests in a row that were refused as a whole
}

// store sends the items until each is settled or blocked, for as long as it takes. What is to be sent again is sent together
// once the rest has been, so that one document that is refused again and again holds no other up; a request that is refused
// as a whole is halved. Each trouble is followed by a pause, which grows while nothing gets through. An error tells that ctx
// has ended before.
func (r *run) store(ctx context.Context, items []*Item) (settled, blocked []*Item, err error) {
	s := &storing{run: r, parts: [][]*Item{items}}
	p := newPause()
	waiting := false
	for len(s.parts) > 0 || len(s.later) > 0 {
		if len(s.parts) == 0 {
			s.parts, s.later = append(s.parts, s.later), nil
		}
		left, waits := count(s.parts), len(s.later)
		err := s.trust(ctx)
		if err == nil {
			err = s.attempt(ctx)
			s.doubt = err != nil
		}
		again := s.later[waits:]
		if count(s.parts)+len(again) < left {
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
		if err := r.wait(ctx, p, err, count(s.parts)+len(s.later)); err != nil {
			return nil, nil, err
		}
	}
	if waiting {
		r.standing.goesOn()
	}
	return s.settled, s.blocked, nil
}

// attempt makes one request of the last part. What is left of it is a part again, smaller ones where it was too large. An
// error means that nothing is known of the request.
func (s *storing) attempt(ctx context.Context) error {
	last := len(s.parts) - 1
	items, err := s.withoutStrays(ctx, s.parts[last])
	if err != nil {
		return err
	}
	if len(items) == 0 {
		s.parts = s.parts[:last]
		return nil
	}
	p, err := s.throttle.acquire(ctx)
	if err != nil {
		return err
	}
	s.parts = s.parts[:last]
	n, bytes := fitting(items, p.bytes) // what was allowed when the items were taken may have shrunk
	if n < len(items) {
		s.parts, items = append(s.parts, items[n:]), items[:n]
	}
	verdicts, err := s.send(ctx, items)
	s.options.Metrics.seconds.Observe(time.Since(p.sentAt).Seconds())
	s.throttle.release(p, bytes, troubleOf(verdicts, err))
	var whole *refusedWholeError
	switch {
	case errors.As(err, &whole):
		return s.refused(items, whole)
	case err != nil:
		s.options.Metrics.failed.Inc()
		s.parts = append(s.parts, items)
		return err
	}
	s.refusals = 0
	s.unknown.judge(items, verdicts, time.Now())
	s.settle(items, verdicts)
	return nil
}

// refused deals with a request that was refused as a whole.
func (s *storing) refused(items []*Item, whole *refusedWholeError) error {
	if len(items) > 1 {
		middle := len(items) / 2
		s.parts = append(s.parts, items[middle:], items[:middle])
		if s.refusals++; !whole.tooLarge && s.refusals >= refusedWhole {
			s.refusals = 0
			return fmt.Errorf("no bulk request passes: %w", whole)
		}
		return nil
	}
	v := Verdict{Outcome: Refused, Kind: "bulk_refused", Reason: whole.Error()}
	switch {
	case !whole.blames(items[0].ID):
		v.Outcome = Later
	case s.alone.Add(1) > refusedAlone:
		v.Outcome = Later
		v.Reason += fmt.Sprintf(" (more than %d documents in a row, so something refuses requests and the documents wait)", refusedAlone)
	}
	s.settle(items, []Verdict{v})
	return nil
}

// settle gives the items their verdicts and puts those aside that are not final.
func (s *storing) settle(items []*Item, verdicts []Verdict) {
	outcomes := map[Outcome]int{}
	aside := ""
	for i, v := range verdicts {
		it := items[i]
		it.Verdict = v
		outcomes[v.Outcome]++
		switch v.Outcome {
		case Later:
			s.later = append(s.later, it)
			continue
		case Blocked:
			s.blocked = append(s.blocked, it)
			continue
		case FailureStore:
			aside = it.Index + "/" + it.ID
		}
		it.settle()
		s.settled = append(s.settled, it)
	}
	if outcomes[Stored]+outcomes[Stale] > 0 {
		s.alone.Store(0)
	}
	for outcome, n := range outcomes {
		s.options.Metrics.verdicts.WithLabelValues(string(outcome)).Add(float64(n))
	}
	if n := outcomes[FailureStore]; n > 0 {
		s.options.Logger.Warn("documents went to the failure store, not to the index", "documents", n, "one_of_them", aside)
	}
}

// troubleOf says what the outcome of a request tells of the load on the server. That a document is refused tells nothing,
// nor that an index takes none.
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
		if v.Status >= 500 && v.Outcome != Blocked {
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
