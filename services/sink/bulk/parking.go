package bulk

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// parking is where items wait whose index takes no documents, while those of other indices go on: one post of a month
// whose index was closed must not hold up all others. One goroutine uses it.
type parking struct {
	lots  map[string]*lot // by index
	queue *queue          // is told what is parked; what is under way from a lot, to see, is parked still
}

// lot is what waits for one index.
type lot struct {
	items  []*Item
	reason string
	pause  *backoff.ExponentialBackOff
	due    time.Time // when some of the items are sent, to see
	asking bool      // they are under way
}

func newParking(q *queue) *parking { return &parking{lots: map[string]*lot{}, queue: q} }

// blocked takes items that Elasticsearch has not taken because of their index. asked says which lot they come from, "" for
// none; a lot whose index had nothing more against its items is open, and what waits in it is returned.
func (p *parking) blocked(items []*Item, asked string, now time.Time) (open []*Item) {
	if l := p.lots[asked]; l != nil {
		l.asking = false
		if !slices.ContainsFunc(items, func(it *Item) bool { return it.Index == asked }) {
			delete(p.lots, asked)
			open = l.items
			for _, it := range open {
				p.queue.park(it, false)
			}
		} else {
			l.due = now.Add(l.pause.NextBackOff())
		}
	}
	for _, it := range items {
		l := p.lots[it.Index]
		if l == nil {
			l = &lot{pause: newPause()}
			l.due = now.Add(l.pause.NextBackOff())
			p.lots[it.Index] = l
		}
		l.items, l.reason = append(l.items, it), it.Verdict.Reason
		p.queue.park(it, true)
	}
	return open
}

// divert parks those of the items whose index has a lot already, and returns the others.
func (p *parking) divert(items []*Item) []*Item {
	if len(p.lots) == 0 {
		return items
	}
	return slices.DeleteFunc(items, func(it *Item) bool {
		l := p.lots[it.Index]
		if l == nil {
			return false
		}
		l.items = append(l.items, it)
		p.queue.park(it, true)
		return true
	})
}

// ask takes the first items of a lot that is due, as many as make a bulk of at most maxBytes. When none is due, left is how
// long the first of them still waits; below zero when there is none.
func (p *parking) ask(now time.Time, maxBytes int) (index string, items []*Item, left time.Duration) {
	left = -1
	for index, l := range p.lots {
		wait := l.due.Sub(now)
		switch {
		case l.asking || len(l.items) == 0:
		case wait <= 0:
			n, _ := fitting(l.items, maxBytes)
			items, l.items, l.asking = l.items[:n:n], l.items[n:], true
			return index, items, 0
		case left < 0 || wait < left:
			left = wait
		}
	}
	return "", nil, left
}

// reason says which index takes no documents, the first by name, and what that means for others; "" when all do. full says
// that more is parked than may be.
func (p *parking) reason(full bool) string {
	if len(p.lots) == 0 {
		return ""
	}
	others := "which wait while those of other indices go on"
	if full {
		others = "and so many of them wait that nothing more is read, for no index, until it does"
	}
	index := slices.Min(slices.Collect(maps.Keys(p.lots)))
	return fmt.Sprintf("the index %s takes no documents, %s: %s", index, others, p.lots[index].reason)
}
