package chronicle

import (
	"context"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/world"
)

// scanStep is how many entries are looked at between two moments at which the
// stream may add posts and a client may give up.
const scanStep = 4096

// Query is what search and counts ask for.
type Query struct {
	Rule *rule.Rule
	// Since and Until are ids, both exclusive; 0 for no bound.
	Since, Until uint64
	// From is inclusive, To exclusive.
	From, To time.Time
}

// Find returns the newest posts that match, newest first, at most limit; more
// says that there are older ones, to be asked for with Until as the last id.
// Only the latest version of a post is found, and neither reposts nor deleted
// posts are. Metrics are those of now. An error is that of ctx.
func (c *Chronicle) Find(ctx context.Context, q Query, limit int, now time.Time) (posts []*world.Post, more bool, err error) {
	by := c.maker.Remaker()
	err = c.scan(ctx, q, now, by, func(e *entry) bool {
		if len(posts) == limit {
			more = true
			return false
		}
		if p := c.shown(e, by, now); p != nil {
			posts = append(posts, p)
		}
		return true
	})
	return posts, more, err
}

// Tally calls each with the moment of every post that matches, newest first.
func (c *Chronicle) Tally(ctx context.Context, q Query, now time.Time, each func(time.Time)) error {
	return c.scan(ctx, q, now, c.maker.Remaker(), func(e *entry) bool {
		each(time.Unix(0, e.at).UTC())
		return true
	})
}

// Get returns the posts with these ids in their order; nil stands for one that
// is not there; see [Chronicle.Whereabouts].
func (c *Chronicle) Get(ids []uint64, now time.Time) []*world.Post {
	by := c.maker.Remaker()
	posts := make([]*world.Post, len(ids))
	for i, id := range ids {
		c.mu.RLock()
		var e entry
		if found := c.byID(id); found != nil {
			e = *found
		}
		c.mu.RUnlock()
		if e.id != 0 && !c.gone(&e, now) {
			posts[i] = c.shown(&e, by, now)
		}
	}
	return posts
}

// shown is a version as look-up and search show it: with the whole history and
// the metrics of now.
func (c *Chronicle) shown(e *entry, by *world.Remaker, now time.Time) *world.Post {
	p := e.remake(by)
	if p == nil {
		return nil
	}
	p = p.Clone()
	if len(e.chain) > 0 {
		p.History = p.History[:0]
		for _, v := range e.chain {
			p.History = append(p.History, v.ID)
		}
	}
	p.Metrics = c.engagement.At(p, now)
	return p
}

func (c *Chronicle) gone(e *entry, now time.Time) bool {
	why, _ := c.lost(e, now)
	return why != "" || now.UnixNano()-e.at > int64(MaxAge)
}

// scan visits what matches from new to old until visit returns false. The
// entries are copies: nothing is locked meanwhile.
func (c *Chronicle) scan(ctx context.Context, q Query, now time.Time, by *world.Remaker, visit func(*entry) bool) error {
	until := q.Until
	buf := make([]entry, 0, scanStep)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("search the posts: %w", err)
		}
		buf = c.before(until, buf[:0])
		for i := range buf {
			e := &buf[i]
			if e.id <= q.Since || e.at < q.From.UnixNano() {
				return nil
			}
			if e.at < q.To.UnixNano() && e.latest() && !e.repost && !c.gone(e, now) && e.matches(q.Rule, by) && !visit(e) {
				return nil
			}
		}
		if len(buf) < cap(buf) {
			return nil
		}
		until = buf[len(buf)-1].id
	}
}

// before copies the entries with a smaller id (0: all), newest first, as many
// as there is room for.
func (c *Chronicle) before(id uint64, into []entry) []entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	live := c.live()
	end := len(live)
	if id != 0 {
		end = c.position(id)
	}
	for end > 0 && len(into) < cap(into) {
		end--
		into = append(into, live[end])
	}
	return into
}
