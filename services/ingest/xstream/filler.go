package xstream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

const (
	// settle is how long after the end of a gap it is searched for: X takes no range that ends less than 10 s ago
	// (docs.x.com, recent search, end_time), and a post can be found only some seconds after it was made.
	settle = 15 * time.Second
	// searchable is how far recent search goes back, with a minute for the request to arrive.
	searchable = 7*24*time.Hour - time.Minute
	// giveUpAfter is how long a search may fail before the next gap gets its turn.
	giveUpAfter = 6 * time.Hour
)

// filler searches for what gaps have swallowed, oldest gap first, beside the live stream. It holds one page for each
// rule, and remembers of a gap only its ends.
type filler struct {
	client  *client
	outlet  *outlet
	metrics *metrics
	opts    *Options
	rules   func() []Rule // as they are on the stream, with ids
	backoff backoff
	limiter *xapi.Limiter

	wake chan struct{} // holds a token when a span was added

	mu      sync.Mutex
	waiting []span
	current *span // being filled; its end comes down as posts are found
}

// add puts a gap on the list.
func (f *filler) add(s span) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = insert(f.waiting, s)
	f.show()
	select {
	case f.wake <- struct{}{}:
	default: // who takes the token looks at the whole list
	}
}

// since returns where the oldest gap begins; zero when there is none.
func (f *filler) since() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.current != nil:
		return f.current.since // the oldest was taken first
	case len(f.waiting) > 0:
		return f.waiting[0].since
	}
	return time.Time{}
}

// run fills gaps until ctx ends. What is left then is found again after a restart, by the mark in the last record.
func (f *filler) run(ctx context.Context) {
	for ctx.Err() == nil {
		next, ok := f.take()
		if !ok {
			select {
			case <-f.wake:
			case <-ctx.Done():
			}
			continue
		}
		if pause(ctx, next.until.Sub(f.client.Now())+settle) != nil {
			return
		}
		f.fill(ctx, next)
	}
}

// take makes the oldest gap the current one.
func (f *filler) take() (span, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current = nil
	defer f.show()
	if len(f.waiting) == 0 {
		return span{}, false
	}
	oldest := f.waiting[0]
	f.waiting = slices.Delete(f.waiting, 0, 1)
	f.current = &oldest
	return oldest, true
}

func (f *filler) show() {
	n := len(f.waiting)
	if f.current != nil {
		n++
	}
	f.metrics.openGaps.Set(float64(n))
}

// fill searches until the span is done or given up.
func (f *filler) fill(ctx context.Context, s span) {
	s, ok := f.withinReach(ctx, s)
	if !ok {
		return
	}
	m := newMerge(s, f.rules(), f.opts.SearchQueryLength)
	for rule, why := range m.unsearchable {
		f.outlet.gap(ctx, newGapEvent(s, rule, NotSearchable, why))
	}
	worked, found := time.Now(), 0
	for ctx.Err() == nil {
		err := f.drain(ctx, m, &found)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if len(m.cursors) > 0 {
				f.metrics.gapsFilled.WithLabelValues(FillSearch).Inc()
				f.opts.Logger.Info("a gap was filled", "from", s.since, "to", s.until, "posts", found)
			}
			return
		case errors.Is(err, errNoBudget):
			f.outlet.gap(ctx, newGapEvent(m.span, "", NoBudget, "the budget leaves no room for a search"))
			return
		}
		if m.progressed {
			worked, m.progressed = time.Now(), false
			f.backoff.healthy()
		}
		if time.Since(worked) > giveUpAfter {
			f.outlet.gap(ctx, newGapEvent(m.span, "", GaveUp, err.Error()))
			return
		}
		wait := f.backoff.next(asFailure(err), f.client.Now())
		f.opts.Logger.Warn("the search for missed posts has failed", "error", err, "again_in", wait.Round(time.Millisecond))
		if pause(ctx, wait) != nil {
			return
		}
		m.restart()
	}
}

// withinReach cuts off what is older than a search goes back.
func (f *filler) withinReach(ctx context.Context, s span) (span, bool) {
	horizon := f.client.Now().Add(-searchable)
	if !s.since.Before(horizon) {
		return s, true
	}
	lost := s
	if s.until.After(horizon) {
		lost.until = horizon
	}
	f.outlet.gap(ctx, newGapEvent(lost, "", TooOld, "recent search goes back seven days"))
	s.since = horizon
	return s, s.until.After(horizon)
}
