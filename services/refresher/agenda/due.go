package agenda

import "slices"

// Pending is what is due.
type Pending struct {
	Free   int   // looks that cost nothing
	Paid   int   // looks that cost something
	Oldest int64 // since when the one that is due longest is; 0 for none
}

// Pending counts the looks that are due and not in flight. Those that wait for another try are left out.
func (a *Agenda[K]) Pending(now int64) (p Pending) {
	for _, e := range a.ready {
		if e.notBefore > now {
			continue
		}
		if e.free(now) {
			p.Free++
		} else {
			p.Paid++
		}
		at := e.Seen
		if !e.extra() {
			at = e.Created + a.schedule.after[e.next]
		}
		if at = max(at, e.notBefore); p.Oldest == 0 || at < p.Oldest {
			p.Oldest = at
		}
	}
	return p
}

// Scheduled counts the looks at the posts that are kept in mind which are still to come or to be made. It looks at each post.
func (a *Agenda[K]) Scheduled() (looks int64) {
	for _, e := range a.posts {
		if e.gone || e.unwanted {
			continue
		}
		looks += int64(len(a.schedule.after) - int(e.next))
		if e.extra() && int(e.next) == len(a.schedule.after) {
			looks++
		}
	}
	return looks
}

// Due hands out up to n looks that are due: first those that cost nothing, then the others as far as grant, which is asked
// once for as many as there is room for, lets them be paid for; each kind by worth. They are in flight until Done, Again,
// Newer or Delete is called for them.
func (a *Agenda[K]) Due(now int64, n int, grant func(posts int) int) []Post[K] {
	var free, paid []ranked[K]
	for _, e := range a.ready {
		if e.notBefore > now {
			continue
		}
		r := ranked[K]{e, e.worth(now, len(a.schedule.after))}
		if e.free(now) {
			free = append(free, r)
		} else {
			paid = append(paid, r)
		}
	}
	free = best(free, n)
	if room := min(n-len(free), len(paid)); room > 0 {
		granted := min(max(0, grant(room)), room)
		if granted < room {
			for _, r := range paid {
				r.entry.denied = true
			}
		}
		free = append(free, best(paid, granted)...)
	}
	out := make([]Post[K], len(free))
	for i, r := range free {
		r.entry.denied = false
		a.take(r.entry)
		out[i] = r.entry.Post
	}
	return out
}

// best returns the n best, in order.
func best[K Key](all []ranked[K], n int) []ranked[K] {
	if len(all) > 4*n && n > 0 {
		// Of a long list most are thrown away unsorted.
		kept := all[:0]
		for start := 0; start < len(all); start += 3 * n {
			kept = append(kept, all[start:min(start+3*n, len(all))]...)
			slices.SortFunc(kept, ranked[K].before)
			kept = kept[:min(n, len(kept))]
		}
		return kept
	}
	slices.SortFunc(all, ranked[K].before)
	return all[:min(n, len(all))]
}

func (a *Agenda[K]) take(e *entry[K]) {
	a.unready(e)
	a.events.remove(e)
	e.inFlight = true
	a.inFlight++
}

// land ends the flight of a look, if it still is in flight.
func (a *Agenda[K]) land(key K) (*entry[K], bool) {
	e, known := a.posts[key]
	if !known || !e.inFlight {
		return nil, false
	}
	e.inFlight, e.notBefore = false, 0
	a.inFlight--
	return e, true
}

// Done takes note of a look that is safe: when it was made and what it told. The look need not be one that was handed out:
// after a start there are those that an earlier process has made.
func (a *Agenda[K]) Done(key K, observed int64, counts Counts, popularity float32, now int64) {
	e, known := a.posts[key]
	if !known || e.gone && !a.revive(e, observed, now) {
		return
	}
	a.land(key)
	e.looked = true
	if observed >= e.Seen {
		e.Seen, e.brought = observed, false
	}
	switch {
	case observed > e.Observed:
		e.Observed, e.Counts, e.Popularity = observed, counts, popularity
		e.Observations++
	case observed < e.Observed:
		e.Observations++ // an edit has come in between
	default: // the document that came of it was faster
	}
	e.unread = false
	a.looked(e, observed)
	a.settle(e, now)
}

// Again puts a look back that failed; it is not handed out before the given time.
func (a *Agenda[K]) Again(key K, notBefore, now int64) {
	if e, ok := a.land(key); ok {
		e.notBefore = notBefore
		a.settle(e, now)
	}
}

// Newer puts a look back because the post has a newer version, which is to be asked for.
func (a *Agenda[K]) Newer(key, version K, now int64) {
	if e, ok := a.land(key); ok {
		if e.Version != version {
			e.Version, e.unread = version, true
		}
		a.settle(e, now)
	}
}
