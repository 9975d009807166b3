package bulk

import (
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// parking is where items wait whose index takes no documents, while those of other indices go on: one post of a month
// whose index was closed must not hold up all others. One goroutine uses it.
type parking struct {
	lots  map[string]*lot // by index
	bytes int             // of all lots; what is under way of them is not in it
}

// lot is what waits for one index.
type lot struct {
	items  []*Item
	reason string
	pause  *backoff.ExponentialBackOff
	due    time.Time // when some of the items are sent, to see
	asking bool      // they are under way
}

func newParking() *parking { return &parking{lots: map[string]*lot{}} }

// blocked takes items that Elasticsearch has not taken because of their index. asked says which lot they come from, "" for
// none; a lot whose index had nothing more against its items is open, and what waits in it is returned.
func (p *parking) blocked(items []*Item, asked string, now time.Time) (open []*Item) {
	if l := p.lots[asked]; l != nil {
		l.asking = false
		if !slices.ContainsFunc(items, func(it *Item) bool { return it.Index == asked }) {
			delete(p.lots, asked)
			p.bytes -= sizeOf(l.items)
			open = l.items
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
		p.bytes += it.size()
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
		p.bytes += it.size()
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
			n, bytes := fitting(l.items, maxBytes)
			items, l.items, l.asking = l.items[:n:n], l.items[n:], true
			p.bytes -= bytes
			return index, items, 0
		case left < 0 || wait < left:
			left = wait
		}
	}
	return "", nil, left
}

// reason says which index takes no documents; "" when all do.
func (p *parking) reason() string {
	for index, l := range p.lots {
		return fmt.Sprintf("the index %s takes no documents, which wait while those of other indices go on: %s", index, l.reason)
	}
	return ""
}

func sizeOf(items []*Item) (bytes int) {
	for _, it := range items {
		bytes += it.size()
	}
	return bytes
}
