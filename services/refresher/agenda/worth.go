package agenda

import "cmp"

const (
	hour = 60 * 60 * 1000
	day  = 24 * hour
	// midnight is how near to the end of a UTC day, or to its beginning, a read is not counted on to belong to it: requests
	// and posts take some seconds, and clocks differ.
	midnight = 30 * 1000
)

// free says whether a look costs nothing: X bills for a post once in a UTC day ("Pricing" on docs.x.com), each version by
// itself, and this one was read today already.
func (e *entry[K]) free(now int64) bool {
	start := now - now%day
	return !e.unread && e.Seen >= start+midnight && now < start+day-midnight
}

// worth says how much a look that costs something may still tell, for the order in which money is spent: the popularity
// that the post has, because what grows is what has grown, and those posts decide the sums; 2 more for a post of the hour
// that the clock is in, which can still become the most popular one of it; and up to 1 for the early looks, of which the
// first tells most because nothing is known before it.
func (e *entry[K]) worth(now int64, looks int) float32 {
	worth := e.Popularity + float32(looks-int(e.next))/float32(looks)
	if e.Created/hour == now/hour {
		worth += 2
	}
	return worth
}

// ranked is a post that could be looked at.
type ranked[K Key] struct {
	entry *entry[K]
	worth float32
}

// before orders by worth, the greatest first; of equals the older post, and then the smaller id, so that the order does not
// depend on how the posts came in.
func (r ranked[K]) before(other ranked[K]) int {
	return cmp.Or(cmp.Compare(other.worth, r.worth), cmp.Compare(r.entry.Created, other.entry.Created), cmp.Compare(r.entry.Key, other.entry.Key))
}
