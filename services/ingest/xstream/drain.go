package xstream

import (
	"context"
	"errors"
	"net/http"

	"catsvdogs/services/pipeline/xapi"
)

// errNoBudget says that the governor allows no search.
var errNoBudget = errors.New("the budget leaves no room for a search")

// drain reads pages and hands posts out until the searches of m are done. On an error what has been handed out is no
// longer in m's span, so that m can go on from there. found counts what the stream had not brought.
func (f *filler) drain(ctx context.Context, m *merge, found *int) error {
	for ctx.Err() == nil {
		if c := m.pending(); c != nil {
			if err := f.read(ctx, m, c); err != nil {
				return err
			}
			continue
		}
		post, rules, ok := m.pop()
		if !ok {
			return nil
		}
		if f.outlet.found(ctx, post.text(rules), post.message()) {
			f.metrics.gapPosts.Inc()
			*found++
		}
	}
	return context.Cause(ctx)
}

// read asks for the next page of one search. A search that X refuses is dropped, and that posts of its rule may be
// missing is told; the others go on.
func (f *filler) read(ctx context.Context, m *merge, c *cursor) error {
	if !f.opts.Spend.MayRead(searchPage) {
		return errNoBudget
	}
	if err := pause(ctx, f.limiter.Wait(f.client.Now())); err != nil {
		return err
	}
	f.limiter.Sent(f.client.Now())
	p, err := f.client.search(ctx, c.query, c.span, c.next)
	if refusedSearch(err) {
		f.outlet.gap(ctx, newGapEvent(m.span, c.rule.Value, Refused, err.Error()))
		m.drop(c)
		return nil
	}
	if err != nil {
		return err
	}
	moved, endless := c.took(p)
	m.progressed = m.progressed || moved
	if endless {
		f.outlet.gap(ctx, newGapEvent(m.span, c.rule.Value, GaveUp, "the search goes round in circles"))
	}
	for _, post := range p.posts {
		f.opts.Spend.Bill(post.ID) // read is read, also when the stream has brought it before
	}
	return nil
}

// refusedSearch says that the same search would be refused again.
func refusedSearch(err error) bool {
	var f *Failure
	if !errors.As(err, &f) || f.Kind == xapi.NoCredit {
		return false
	}
	switch f.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return f.Status >= 400 && f.Status < 500
}
