package rollup

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// ofDay and ofSlot bound the posts that are kept to find the most popular ones; more than are shown, so that a
	// deletion leaves somebody to follow.
	ofDay  = 40
	ofSlot = 10

	slotSeconds = 600
	slots       = 8 // more than an hour, as a post may be stamped a little ahead
)

// popular lists posts by popularity, at most a given number. Where more have been deleted, or have become less popular,
// than it keeps in reserve, the posts that were pushed out are missing until they are looked at again.
type popular []popularPost

type popularPost struct {
	id         string
	popularity uint32
	arrived    uint32
	content    any
}

func (p *popular) put(one popularPost, most int) {
	at, _ := slices.BinarySearchFunc(*p, one, func(a, b popularPost) int {
		return cmp.Or(cmp.Compare(b.popularity, a.popularity), cmp.Compare(a.arrived, b.arrived), strings.Compare(a.id, b.id))
	})
	if at >= most {
		return
	}
	one.id = strings.Clone(one.id)
	*p = slices.Insert(*p, at, one)
	if len(*p) > most {
		(*p)[most] = popularPost{}
		*p = (*p)[:most]
	}
}

func (p *popular) drop(id string) {
	*p = slices.DeleteFunc(*p, func(one popularPost) bool { return one.id == id })
}

func (p popular) contents(n int) []any {
	var all []any
	for _, one := range p[:min(n, len(p))] {
		all = append(all, one.content)
	}
	return all
}

// lastHour lists the popular posts of the last ten minutes and of each ten before.
type lastHour [slots]struct {
	number int64 // Unix seconds by slotSeconds
	posts  [views]popular
}

func (l *lastHour) put(one popularPost, v ViewOf, now int64) {
	number := int64(one.arrived) / slotSeconds
	if current := now / slotSeconds; number <= current-slots+1 || number > current+1 {
		return
	}
	slot := &l[number%slots]
	if slot.number != number {
		slot.number, slot.posts = number, [views]popular{}
	}
	slot.posts[v].put(one, ofSlot)
}

func (l *lastHour) drop(id string, arrived uint32) {
	slot := &l[int64(arrived)/slotSeconds%slots]
	for v := range slot.posts {
		slot.posts[v].drop(id)
	}
}

// top returns the contents of the n most popular posts, and since when they may have arrived: 50 to 60 minutes ago.
func (l *lastHour) top(n int, v ViewOf, now time.Time) (contents []any, since time.Time) {
	current := now.Unix() / slotSeconds
	var all popular
	for number := current - 5; number <= current; number++ {
		if slot := &l[uint64(number)%slots]; slot.number == number {
			for _, one := range slot.posts[v] {
				all.put(one, n)
			}
		}
	}
	return all.contents(n), time.Unix((current-5)*slotSeconds, 0).UTC()
}
