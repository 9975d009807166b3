package chronicle

import "time"

// usageDays is how far back X tells of usage.
const usageDays = 90

func day(t time.Time) uint32 { return uint32(max(t.Unix(), 0) / 86400) }

// Bill counts posts as read. The same post counts once in a UTC day, as X
// bills it; one that has been forgotten cannot be read.
func (c *Chronicle) Bill(now time.Time, ids ...uint64) {
	today := day(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if e := c.byID(id); e != nil && e.billed != today {
			e.billed = today
			c.usage[today]++
		}
	}
	for d := range c.usage {
		if d+usageDays < today {
			delete(c.usage, d)
		}
	}
}

// Billed gives the posts read on the UTC day of a moment.
func (c *Chronicle) Billed(on time.Time) int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.usage[day(on)]
}

// Tell notes that search gave these posts out, and Found counts the distinct
// posts that were given out so and never by the stream before.
func (c *Chronicle) Tell(ids ...uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		e := c.byID(id)
		if e == nil {
			continue
		}
		if origin := c.byID(e.first); origin != nil && !origin.seen && !origin.found {
			origin.found = true
			c.found++
		}
	}
}

// Found is how many distinct posts only search has given out, at the time.
func (c *Chronicle) Found() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.found
}
