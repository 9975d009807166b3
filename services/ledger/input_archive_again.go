package ledger

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"catsvdogs/services/ledger/account"
)

const (
	// listsAgain is how many lists a watch asks the store for in againEvery, and listedAgain how many objects in all of them
	// are held against what it remembers of them.
	listsAgain  = 4
	listedAgain = 100
	// walkedAgain is how many pieces of a partition a round reads again because their objects are not as they were: the
	// content of deleted posts may be taken out of thousands at once.
	walkedAgain = 2

	// againEvery is the time for which the shares of what is looked at again are given; a round has its part of them.
	againEvery = 10 * time.Second
)

// share is a round's part of what is looked at again in againEvery, at least one.
func (c *Config) share(of int) int {
	return min(max(int(int64(of)*int64(c.Every)/int64(againEvery)), 1), of)
}

// judgeArchiveAgain looks again at a share of what was judged before.
func (a *auditor) judgeArchiveAgain(ctx context.Context, p progress) error {
	left := a.cfg.share(listedAgain)
	for range a.cfg.share(listsAgain) {
		n, err := a.judgeShelfAgain(ctx, p, left)
		if err != nil {
			return err
		}
		if left -= n; left <= 0 {
			return nil
		}
	}
	return nil
}

// judgeShelfAgain looks whether some objects that were judged are still there as they were, and whether there are others
// beside them: those of one partition and one hour, then those of the next, for ever. What is not as it was is held against
// Kafka again, or, where Kafka has it no longer, against what the objects say of themselves. It returns at how many it has
// looked, most of them at most; most where it had to read some again, which is enough for a round.
func (a *auditor) judgeShelfAgain(ctx context.Context, p progress, most int) (looked int, err error) {
	at := &a.shelfAgain
	if !a.nextShelf(at) {
		return 0, nil
	}
	listed, all, err := a.listAgain(ctx, *at, most)
	if err != nil {
		return 0, err
	}
	of := a.book.partition(at.topic, at.number)
	to := int64(math.MaxInt64)
	if !all {
		to = listed[len(listed)-1].first + 1
	}
	isListed := func(k keptObject) bool { return k.hour == at.hour && k.first > at.after && k.first < to }
	spans, err := a.changedSpans(ctx, *at, of, listed, isListed)
	if err != nil {
		return 0, err
	}
	// So many at once, and the next round goes on behind them.
	if len(spans) > walkedAgain {
		spans, all = spans[:walkedAgain], false
		to = min(to, spans[walkedAgain-1].To)
	}
	var objects []named
	for _, k := range listed {
		objects = append(objects, k.named)
	}
	for _, k := range of.kept {
		if !isListed(k) {
			objects = append(objects, k.named)
		}
	}
	slices.SortFunc(objects, named.order)
	for _, span := range spans {
		if err := a.walkAgain(ctx, p, *at, span, objects); err != nil {
			return 0, inArchive(at.topic, at.number, err)
		}
	}
	for _, k := range listed {
		if k.first < to {
			a.again.Objects++
		}
	}
	if at.after = to - 1; all {
		at.after = math.MaxInt64
	}
	if len(spans) > 0 {
		return most, nil
	}
	return len(listed), nil
}

// changedSpans are the offsets of objects that are gone, that are others than they were, or that were not there.
func (a *auditor) changedSpans(ctx context.Context, at shelfAgain, of *partition, listed []keptObject, isListed func(keptObject) bool) (spans []account.Span, err error) {
	there := map[named]account.Digest{}
	for _, k := range listed {
		there[k.named] = k.version
	}
	next := int64(-1) // behind the objects before
	for _, k := range of.kept {
		if isListed(k) && there[k.named] != k.version {
			from := k.first
			if next >= 0 {
				from = min(from, next)
			}
			spans = append(spans, account.Span{From: from, To: max(k.first, k.last) + 1})
		}
		next = max(next, k.last+1)
		delete(there, k.named)
	}
	for n := range there {
		if n.first >= of.Covered || n.first < of.kept[0].first {
			continue // not judged yet, or not by this watch
		}
		end, err := a.lastOf(ctx, at.topic, at.number, []named{n})
		if err != nil {
			return nil, err
		}
		from := n.first
		for _, k := range of.kept { // together with those that it lies over
			if k.first < n.first && k.last >= n.first {
				from = min(from, k.first)
			}
		}
		spans = append(spans, account.Span{From: from, To: min(end, of.Covered)})
	}
	slices.SortFunc(spans, func(a, b account.Span) int { return cmp.Compare(a.From, b.From) })
	var joined []account.Span
	for _, s := range spans {
		if n := len(joined); n > 0 && s.From < joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, s.To)
			continue
		}
		joined = append(joined, s)
	}
	return joined, nil
}

// walkAgain holds the objects of a span against Kafka, and remembers what is there now.
func (a *auditor) walkAgain(ctx context.Context, p progress, at shelfAgain, span account.Span, objects []named) error {
	of, kafka := a.book.partition(at.topic, at.number), p.logs[at.topic][at.number]
	span.Start, span.End = kafka.start, kafka.end
	w, err := a.openWalk(ctx, at.topic, at.number, span)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.over(ctx, objects); err != nil {
		return err
	}
	a.book.note(w.found...)
	of.kept = slices.DeleteFunc(of.kept, func(k keptObject) bool {
		return k.hour == at.hour && k.first >= span.From && k.first < span.To && !slices.Contains(objects, k.named)
	})
	of.keep(w.seen)
	return nil
}
