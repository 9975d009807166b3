package chronicle

import (
	"slices"
	"time"

	"catsvdogs/services/simulator/world"
)

// Again is a post that was made before, together with the rules that its
// Matched refers to.
type Again struct {
	Post  *world.Post
	Asked *Asked
}

// Newest returns the posts that were handed to the stream's client last, at
// most n, oldest first, as they were. Deleted ones are left out.
func (c *Chronicle) Newest(n int, now time.Time) []Again {
	by := c.maker.Remaker()
	var again []Again
	for i, live := 0, c.newestHanded(n); i < len(live); i++ {
		if p := live[i].remake(by); p != nil && !c.gone(&live[i], now) {
			again = append(again, Again{p.Clone(), live[i].judged})
		}
	}
	slices.Reverse(again)
	return again
}

// newestHanded copies entries, newest first. It looks at a bounded number: with
// nobody connected for long there is nothing to be found near the end.
func (c *Chronicle) newestHanded(n int) []entry {
	var handed []entry
	for _, e := range c.before(0, make([]entry, 0, scanStep)) {
		if len(handed) < n && e.handed && e.deleted == 0 {
			handed = append(handed, e)
		}
	}
	return handed
}

// After returns the posts with an id above after and below before, at most n,
// oldest first: what a client has missed.
func (c *Chronicle) After(after, before uint64, n int) []Again {
	c.mu.RLock()
	live := c.live()
	from, to := c.position(after+1), c.position(before)
	missed := slices.Clone(live[from:max(min(to, from+n), from)])
	c.mu.RUnlock()
	by := c.maker.Remaker()
	var again []Again
	for i := range missed {
		if p := missed[i].remake(by); p != nil {
			again = append(again, Again{p.Clone(), missed[i].judged})
		}
	}
	return again
}

// DeleteNewest lets the authors of the posts that were handed over last delete
// them now, at most n, and says how many did.
func (c *Chronicle) DeleteNewest(n int, now time.Time) int {
	doomed := c.newestHanded(n)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range doomed {
		mark := func(id uint64) {
			if old := c.byID(id); old != nil {
				old.deleted = now.UnixNano()
			}
		}
		mark(e.id)
		for _, v := range e.chain {
			mark(v.ID)
		}
	}
	return len(doomed)
}

// Withdraw takes back that a version was handed over: its line did not reach
// the client whole. first says that no other version had been handed over.
func (c *Chronicle) Withdraw(id uint64, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID(id)
	if e == nil {
		return
	}
	e.handed = false
	if origin := c.byID(e.first); origin != nil && first {
		origin.seen = false
	}
}

// Handed notes that a version is being handed over out of its turn. before says
// that this version had been already, first that none of its post had.
func (c *Chronicle) Handed(id uint64) (before, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID(id)
	if e == nil {
		return false, false
	}
	before, e.handed = e.handed, true
	origin := c.byID(e.first)
	if origin == nil || origin.seen {
		return before, false
	}
	origin.seen = true
	return before, true
}
