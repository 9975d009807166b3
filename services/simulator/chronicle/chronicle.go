// Package chronicle remembers which posts a world has made, so that look-up,
// search and counts can speak of them, whoever was connected at the time.
//
// It keeps some hundred bytes for a post, not the post: with the number of its
// arrival and the rules of the moment the world makes the same post again. What
// it holds is bounded by number, by age and by the number of rule sets.
//
// HTTP, JSON and waiting are not its business, and neither is what a query may
// ask for.
package chronicle

import (
	"slices"
	"sync"
	"time"

	"catsvdogs/services/simulator/world"
)

const (
	// MaxAge is how far back X's recent search reaches.
	MaxAge = 7 * 24 * time.Hour
	// maxEras bounds the rule sets that are kept for the sake of old posts: each
	// can hold a thousand rules.
	maxEras = 500
)

// Chronicle is the memory of one world. Safe for concurrent use.
type Chronicle struct {
	engagement world.Engagement
	limit      int
	maker      *world.World // asked for remakers only

	mu      sync.RWMutex
	entries []entry // ascending by id; those before head are forgotten
	head    int
	eras    int
	since   int64            // everything that was made from then on is remembered
	usage   map[uint32]int64 // posts read, by UTC day
	found   int64
}

// New remembers at most limit posts of w, which has made none so far.
func New(w *world.World, engagement world.Engagement, limit int) *Chronicle {
	return &Chronicle{engagement: engagement, limit: max(limit, 1), maker: w, since: w.Due().UnixNano(), usage: map[uint32]int64{}}
}

// Add remembers a post that has just been made under asked, and says whether
// an earlier version of it was handed to the stream's client. handed says that
// this one is about to be; see [Chronicle.Withdraw].
func (c *Chronicle) Add(p *world.Post, asked *Asked, handed bool) (known bool) {
	e := newEntry(p, asked)
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.IsEdit() {
		known = c.link(&e, handed)
	}
	e.handed, e.seen = handed, e.seen || handed
	if last := c.last(); last == nil || last.judged != asked {
		c.eras++
	}
	c.entries = append(c.entries, e)
	c.forget(p.At)
	return known
}

// link makes e the latest version of its post. A post whose first version has
// been forgotten counts as known: it is old.
func (c *Chronicle) link(e *entry, handed bool) (known bool) {
	known = true
	for _, v := range e.chain {
		old := c.byID(v.ID)
		if old == nil {
			continue
		}
		if v.ID == e.first {
			known = old.seen
			e.base, e.deleted = old.base, old.deleted
			old.seen = old.seen || handed
		}
		old.chain = e.chain
	}
	return known
}

// forget drops what is beyond the bounds.
func (c *Chronicle) forget(now time.Time) {
	oldest := now.Add(-MaxAge).UnixNano()
	for len(c.entries)-c.head > c.limit || c.eras > maxEras || c.entries[c.head].at < oldest {
		if c.head+1 == len(c.entries) {
			break // the newest stays
		}
		if c.entries[c.head+1].judged != c.entries[c.head].judged {
			c.eras--
		}
		c.since = max(c.since, c.entries[c.head].at+1)
		c.entries[c.head] = entry{}
		c.head++
	}
	if c.head > 1024 && c.head > len(c.entries)/2 {
		n := copy(c.entries, c.entries[c.head:])
		clear(c.entries[n:])
		c.entries, c.head = c.entries[:n], 0
	}
}

func (c *Chronicle) live() []entry { return c.entries[c.head:] }

func (c *Chronicle) last() *entry {
	if len(c.live()) == 0 {
		return nil
	}
	return &c.entries[len(c.entries)-1]
}

// position is where the first entry with at least this id is in live.
func (c *Chronicle) position(id uint64) int {
	at, _ := slices.BinarySearchFunc(c.live(), id, func(e entry, id uint64) int {
		switch {
		case e.id < id:
			return -1
		case e.id > id:
			return 1
		}
		return 0
	})
	return at
}

func (c *Chronicle) byID(id uint64) *entry {
	live := c.live()
	if at := c.position(id); at < len(live) && live[at].id == id {
		return &live[at]
	}
	return nil
}

// Len is how many posts are remembered, each version counted.
func (c *Chronicle) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.live())
}
