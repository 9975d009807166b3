package chronicle

import (
	"time"

	"catsvdogs/services/simulator/world"
)

// Whereabouts is what is known of an id.
type Whereabouts struct {
	// Made says that a post with this id was made and is remembered; At is when.
	Made bool
	At   time.Time
	// Lost is why a made post is not to be had any more, empty when it is, and
	// Since is when that came about.
	Lost  world.Loss
	Since time.Time
	// Forgotten says that a post with this id may have been made, by this world
	// before it forgot or by an earlier run, and that nobody knows any more.
	Forgotten bool
}

// Whereabouts says what became of the post with an id, by a moment. An id that
// was never given to a post is neither made nor forgotten.
func (c *Chronicle) Whereabouts(id uint64, now time.Time) Whereabouts {
	c.mu.RLock()
	var e entry
	if found := c.byID(id); found != nil {
		e = *found
	}
	since := c.since
	c.mu.RUnlock()
	if e.id == 0 {
		return Whereabouts{Forgotten: world.Minted(id) && world.TimeOf(id).UnixNano() < since}
	}
	w := Whereabouts{Made: true, At: time.Unix(0, e.at).UTC()}
	w.Lost, w.Since = c.lost(&e, now)
	w.Forgotten = w.Lost == "" && c.gone(&e, now) // older than anything that is given out
	return w
}

// lost is [world.Engagement.Lost] together with what faults have deleted.
func (c *Chronicle) lost(e *entry, now time.Time) (why world.Loss, since time.Time) {
	why, since = c.engagement.Lost(e.first, now)
	if at := time.Unix(0, e.deleted).UTC(); e.deleted != 0 && !now.Before(at) && (why == "" || at.Before(since)) {
		return world.Deleted, at
	}
	return why, since
}

// Ended says that p is the next version of a post that is lost already: nobody
// edits that.
func (c *Chronicle) Ended(p *world.Post) bool {
	if !p.IsEdit() {
		return false
	}
	c.mu.RLock()
	e := entry{first: p.First}
	if origin := c.byID(p.First); origin != nil {
		e = *origin
	}
	c.mu.RUnlock()
	why, _ := c.lost(&e, p.At)
	return why != ""
}

// AsDelivered gives a post the metrics with which the stream tells of it: a
// first version what it arrives with, an edit what the post has won by the
// moment of the edit, which is the one that created_at shows. They belong to the
// version, whenever its line is written.
// The result is p itself or a copy that shares all but the metrics.
func (c *Chronicle) AsDelivered(p *world.Post) *world.Post {
	if !p.IsEdit() {
		return p
	}
	told := *p
	told.Metrics = c.engagement.At(p, p.At.Truncate(time.Millisecond))
	return &told
}
