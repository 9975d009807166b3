package bulk

import "time"

// queue holds what waits to be sent, in the order in which it came. Of the items of one id only the first is in line; each
// of the others is kept back behind the one before it, see the package's Order. One goroutine uses it.
type queue struct {
	line  []*Item
	bytes int              // of line, as it takes in requests
	ids   map[string]*same // of each id that is in line, under way or parked

	parked int // bytes of memory of what is parked, and of what is kept back behind that
}

// same is what there is of one id.
type same struct {
	last   *Item // that came last
	bytes  int   // of memory of all of them
	parked bool  // the first of them is, so none of the others moves
}

func newQueue() *queue { return &queue{ids: map[string]*same{}} }

// add puts an item in line, or behind an earlier one of its id.
func (q *queue) add(it *Item, now time.Time) {
	it.queuedAt = now
	if it.Memory == 0 {
		it.Memory = it.size()
	}
	s := q.ids[it.ID]
	if s == nil {
		q.ids[it.ID] = &same{last: it, bytes: it.Memory}
		q.enter(it)
		return
	}
	s.last.next, s.last = it, it
	s.bytes += it.Memory
	if s.parked {
		q.parked += it.Memory
		it.parks(true)
	}
}

func (q *queue) enter(it *Item) {
	q.line = append(q.line, it)
	q.bytes += it.size()
}

// take removes the first items, as many as make a bulk of at most maxBytes, and at least one of a queue that is not empty.
func (q *queue) take(maxBytes int) []*Item {
	n, bytes := fitting(q.line, maxBytes)
	taken := q.line[:n:n]
	q.line, q.bytes = q.line[n:], q.bytes-bytes
	return taken
}

// settled says that items that were taken have their verdicts: those that were kept back behind them get in line.
func (q *queue) settled(items []*Item) {
	for _, it := range items {
		q.park(it, false)
		q.ids[it.ID].bytes -= it.Memory
		if it.next != nil {
			q.enter(it.next)
			it.next = nil
		} else {
			delete(q.ids, it.ID)
		}
	}
}

// park says whether an item that is the first of its id is parked, and with it all that is kept back behind it.
func (q *queue) park(it *Item, on bool) {
	s := q.ids[it.ID]
	if s.parked == on {
		return
	}
	s.parked = on
	if on {
		q.parked += s.bytes
	} else {
		q.parked -= s.bytes
	}
	for ; it != nil; it = it.next {
		it.parks(on)
	}
}

// due says whether a bulk of maxBytes is to be sent, and if not, how long the first document still waits; below zero when
// there is none. idle says that no bulk is under way.
//
// A bulk is sent when it is full or its first document has waited for flush. Where nothing is under way a tenth of that
// has to do: to wait longer for company would gain nothing, because what comes meanwhile goes with the next bulk, while
// this one is acknowledged (the rule of Nagle, RFC 896, with a little patience, so that a trickle does not become a bulk a
// document).
func (q *queue) due(now time.Time, maxBytes int, flush time.Duration, idle bool) (bool, time.Duration) {
	if len(q.line) == 0 {
		return false, -1
	}
	if idle {
		flush /= 10
	}
	left := flush - now.Sub(q.line[0].queuedAt)
	return q.bytes >= maxBytes || left <= 0, left
}
