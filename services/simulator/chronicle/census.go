package chronicle

import (
	"time"

	"catsvdogs/services/simulator/world"
)

// Standing is how one post stands at a moment, all its versions together.
type Standing struct {
	First uint64
	// Asked and Matched are the rules that the post was told for, the positions
	// ascending: those of the last version that the stream handed over, or of the
	// first when only search or look-up gave it out.
	Asked   *Asked
	Matched []int
	// Metrics are those of the moment; those of a lost post are of no use.
	Metrics world.Metrics
	Lost    world.Loss // empty when it is there
	Since   time.Time  // of the loss
}

// Census calls each, oldest first, for every post that a client was given, by
// the stream, search or look-up, and whose first version was made by then and
// is remembered still. What comes to Matched is valid until the next call.
func (c *Chronicle) Census(now time.Time, each func(Standing)) {
	by := c.maker.Remaker()
	var matched []int
	for after, more := uint64(0), true; more; {
		var given []givenPost
		given, after, more = c.given(after, now)
		for i := range given {
			p := &given[i]
			s := Standing{First: p.origin.id, Asked: p.told.judged}
			matched = p.told.positions(by, matched[:0])
			s.Matched = matched
			s.Metrics = c.grown(&p.origin, now)
			s.Lost, s.Since = c.lost(&p.origin, now)
			each(s)
		}
	}
}

// Stand is [Chronicle.Census] for one post, by the id of any of its versions;
// false for one that is not remembered. Whether a client was given it does not
// matter.
func (c *Chronicle) Stand(id uint64, now time.Time) (Standing, bool) {
	c.mu.RLock()
	var e entry
	if found := c.byID(id); found != nil {
		e = *found
	}
	c.mu.RUnlock()
	if e.id == 0 {
		return Standing{}, false
	}
	s := Standing{First: e.first, Asked: e.judged, Matched: e.positions(c.maker.Remaker(), nil), Metrics: c.grown(&e, now)}
	s.Lost, s.Since = c.lost(&e, now)
	return s, true
}

func (c *Chronicle) grown(e *entry, now time.Time) world.Metrics {
	arrived := world.Arrived(int(e.likes))
	if e.repost {
		return arrived
	}
	return c.engagement.Grown(arrived, e.first, now)
}

// givenPost is a post that a client has: its first version, and the one whose
// rules count.
type givenPost struct{ origin, told entry }

// given copies a step of what a census looks at, from behind an id on: nothing
// is locked while it thinks. more says that last is not the end.
func (c *Chronicle) given(after uint64, now time.Time) (some []givenPost, last uint64, more bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	live := c.live()[c.position(after+1):]
	if more = len(live) > scanStep; more {
		live = live[:scanStep]
	}
	for _, e := range live {
		last = e.id
		if e.id != e.first || !e.seen && !e.found || e.at > now.UnixNano() {
			continue
		}
		p := givenPost{origin: e, told: e}
		for _, v := range e.chain {
			if version := c.byID(v.ID); version != nil && version.handed {
				p.told = *version
			}
		}
		some = append(some, p)
	}
	return some, last, more
}

// positions are the rules that match, ascending.
func (e *entry) positions(by *world.Remaker, into []int) []int {
	if len(e.judged.rules) <= 64 {
		for i := range e.judged.rules {
			if e.matched>>i&1 == 1 {
				into = append(into, i)
			}
		}
		return into
	}
	if p := e.remake(by); p != nil {
		into = append(into, p.Matched...)
	}
	return into
}
