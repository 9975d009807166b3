package agenda

import "slices"

// bound forgets the posts that matter least when there are too many, a twentieth at once: those that nothing is to be done
// with any more, then those of the least worth. Looks in flight stay.
func (a *Agenda[K]) bound(now int64) {
	if len(a.posts) <= a.most {
		return
	}
	all := make([]ranked[K], 0, len(a.posts))
	for _, e := range a.posts {
		if e.inFlight {
			continue
		}
		r := ranked[K]{e, e.worth(now, len(a.schedule.after))}
		if e.done(len(a.schedule.after)) {
			r.worth = -1
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y ranked[K]) int { return y.before(x) })
	for _, r := range all[:min(len(all), len(a.posts)-a.most+a.most/20)] {
		if !r.entry.done(len(a.schedule.after)) {
			a.left[Full] += int64(len(a.schedule.after) - int(r.entry.next))
		}
		a.forget(r.entry)
	}
}

func (e *entry[K]) done(looks int) bool {
	return e.gone || e.unwanted || int(e.next) == looks && !e.extra()
}
