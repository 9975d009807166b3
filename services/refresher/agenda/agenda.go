package agenda

// Reason says why a look was left out.
type Reason string

// The reasons.
const (
	Late   Reason = "late"   // nobody came to it before it lapsed
	Budget Reason = "budget" // it would have cost more than may be spent
	Full   Reason = "full"   // more posts than are kept in mind
)

// Agenda is the posts that are kept in mind. It is for one goroutine.
type Agenda[K Key] struct {
	schedule Schedule
	most     int
	posts    map[K]*entry[K]
	events   events[K]
	ready    []*entry[K]
	left     map[Reason]int64
	inFlight int
}

// entry is a post with the looks at it. It is in events unless it is in flight, and in ready while a look is due.
type entry[K Key] struct {
	Post[K]
	event     int64 // when something about it changes by the clock
	deleted   int64 // when it was, if gone
	notBefore int64 // before which a failed look is not tried again; 0 for at once
	inEvents  int32 // position there, -1 for none
	inReady   int32
	next      uint8 // the first look that was neither done nor left out
	inFlight  bool
	first     bool // Arrived is when the post was first observed
	looked    bool // a look-up was observed
	brought   bool // what was observed at Seen came by the stream: its document knows of no look
	gone      bool // deleted
	unwanted  bool
	unread    bool // Version is known from an edit history alone
	denied    bool // the look that is due was not paid for
}

// New returns an empty agenda of at most so many posts.
func New[K Key](s Schedule, most int) *Agenda[K] {
	return &Agenda[K]{schedule: s, most: most, posts: map[K]*entry[K]{}, left: map[Reason]int64{}}
}

// Observe takes an observation over, in whatever order observations come: of two the later one counts. Posts that are too
// old to be looked at are passed over, and so is what was observed of a post before it was deleted. What the stream brings
// of a post after a look makes another look due at once: its document has forgotten the looks before it. So does what comes
// of a post after its deletion, which only a look can take back.
func (a *Agenda[K]) Observe(o Observation[K], now int64) {
	if o.Created+a.schedule.Span().Milliseconds() <= now {
		return
	}
	e, known := a.posts[o.Key]
	if !known {
		e = &entry[K]{Post: o.Post, inEvents: -1, inReady: -1, first: o.First, brought: !o.Refresh, unwanted: !o.Wanted}
		e.Seen = o.Observed
		a.posts[o.Key] = e
		a.satisfy(e, o)
		a.settle(e, now)
		a.bound(now)
		return
	}
	if e.gone && !a.revive(e, o.Observed, now) {
		return
	}
	if o.First && (!e.first || o.Arrived < e.Arrived) {
		e.first, e.Arrived, e.ArrivalMS = true, o.Arrived, o.ArrivalMS
	}
	if o.Observed >= e.Seen {
		e.renew(o)
	}
	a.satisfy(e, o)
	if !e.inFlight {
		a.settle(e, now)
	}
}

// revive takes a deletion back for what was observed after it, and says whether it was. Looks that were over meanwhile are
// not missed.
func (a *Agenda[K]) revive(e *entry[K], observed, now int64) bool {
	if observed <= e.deleted {
		return false
	}
	e.gone, e.looked = false, true
	e.next = max(e.next, uint8(a.schedule.passed(now-e.Created)))
	return true
}

// renew takes over what a later observation tells. The counts of the last look stay: growth is counted from them, and the
// stream tells of none.
func (e *entry[K]) renew(o Observation[K]) {
	before := e.Post
	if e.unread = e.unread && o.Version < e.Version; e.unread {
		o.Version = e.Version
	}
	e.Post = o.Post
	e.Arrived, e.ArrivalMS = before.Arrived, before.ArrivalMS
	if !o.Refresh {
		least := before.Observations // the enricher has not been told of the looks before an edit
		if o.Observed > before.Seen {
			least++
		}
		e.Observations = max(o.Observations, least)
		if e.looked {
			e.Observed, e.Counts, e.Popularity = before.Observed, before.Counts, before.Popularity
		}
	}
	e.brought = !o.Refresh && (e.brought || o.Observed > before.Seen)
	e.Seen, e.unwanted = o.Observed, !o.Wanted
}

// extra says whether a look is due that the schedule does not have, since Seen.
func (e *entry[K]) extra() bool { return e.looked && e.brought }

// satisfy takes note of the looks that an observation does.
func (a *Agenda[K]) satisfy(e *entry[K], o Observation[K]) {
	if o.Refresh {
		e.looked = true
		a.looked(e, o.Observed)
	}
}

// looked takes note of a look: it does the last one that was due then, and serves those before it.
func (a *Agenda[K]) looked(e *entry[K], at int64) {
	due := a.schedule.passed(at - e.Created)
	if due <= int(e.next) {
		return
	}
	a.leaveOut(e, due-1-int(e.next))
	e.next = uint8(due)
	e.denied = false
}

func (a *Agenda[K]) leaveOut(e *entry[K], looks int) {
	if looks <= 0 || e.gone || e.unwanted {
		return
	}
	if e.denied {
		a.left[Budget] += int64(looks)
		return
	}
	a.left[Late] += int64(looks)
}

// Delete takes note that a post was gone at a time. It is not looked at any more, unless something was observed later. A look
// in flight is none any more: it was asked for when the deletion was not known.
//
// It returns true where the deletion seems to be older than a look at the post, and has become known only after it: the clock that
// tells when it was may be behind the one of the look, so which of the two holds cannot be told from the times. Another look
// is then due at once, and tells.
func (a *Agenda[K]) Delete(key K, at, now int64) (contested bool) {
	e, known := a.posts[key]
	if !known {
		return false
	}
	if at < e.Seen {
		if contested = e.looked && !e.brought && !e.gone && at > e.deleted; contested {
			a.ground(e)
			e.brought = true
			a.settle(e, now)
		}
		return contested
	}
	e.deleted = max(e.deleted, at)
	if e.gone {
		return false
	}
	e.gone = true
	a.ground(e)
	a.settle(e, now)
	return false
}

// ground ends the flight of a look that nothing will be made of.
func (a *Agenda[K]) ground(e *entry[K]) {
	if e.inFlight {
		e.inFlight = false
		a.inFlight--
	}
}

// Flying says whether the look at a post that was handed out last still is one, and no deletion has become known since.
func (a *Agenda[K]) Flying(key K) bool {
	e, known := a.posts[key]
	return known && e.inFlight
}

// settle files a post that is not in flight by what is to happen with it next.
func (a *Agenda[K]) settle(e *entry[K], now int64) {
	age, after := now-e.Created, a.schedule.after
	if due := a.schedule.passed(age); due > int(e.next)+1 {
		a.leaveOut(e, due-1-int(e.next)) // the last of them is still to be done
		e.next, e.denied = uint8(due-1), false
	}
	end := after[len(after)-1] + a.schedule.grace
	switch next := int(e.next); {
	case age >= end:
		a.leaveOut(e, len(after)-next)
		a.forget(e)
		return
	case e.done(len(after)):
		a.unready(e)
		e.event = e.Created + end
	case !e.extra() && age < after[next]:
		a.unready(e)
		e.event = e.Created + after[next]
	default:
		a.makeReady(e)
		e.event = e.Created + end
		if next < len(after) && after[next] <= age {
			next++
		}
		if next < len(after) {
			e.event = e.Created + after[next]
		}
	}
	a.events.put(e)
}

func (a *Agenda[K]) forget(e *entry[K]) {
	a.unready(e)
	a.events.remove(e)
	delete(a.posts, e.Key)
}

func (a *Agenda[K]) makeReady(e *entry[K]) {
	if e.inReady < 0 {
		e.inReady = int32(len(a.ready))
		a.ready = append(a.ready, e)
	}
}

func (a *Agenda[K]) unready(e *entry[K]) {
	if e.inReady < 0 {
		return
	}
	last := a.ready[len(a.ready)-1]
	a.ready[e.inReady], last.inReady = last, e.inReady
	a.ready[len(a.ready)-1] = nil
	a.ready = a.ready[:len(a.ready)-1]
	e.inReady = -1
}

// Advance follows the clock: looks become due, lapse, and posts are forgotten.
func (a *Agenda[K]) Advance(now int64) {
	for len(a.events) > 0 && a.events[0].event <= now {
		a.settle(a.events[0], now)
	}
}

// Next returns when Advance will have something to do; false when it never will.
func (a *Agenda[K]) Next() (at int64, ok bool) {
	if len(a.events) == 0 {
		return 0, false
	}
	return a.events[0].event, true
}

// Held is how many posts are kept in mind.
func (a *Agenda[K]) Held() int { return len(a.posts) }

// InFlight is how many looks were handed out and neither done nor failed.
func (a *Agenda[K]) InFlight() int { return a.inFlight }

// Known returns what is known of a post that is kept in mind and was not deleted.
func (a *Agenda[K]) Known(key K) (Post[K], bool) {
	e, known := a.posts[key]
	if !known || e.gone {
		return Post[K]{}, false
	}
	return e.Post, true
}

// Gone returns when a post that is kept in mind was deleted; false when it was not.
func (a *Agenda[K]) Gone(key K) (since int64, gone bool) {
	e, known := a.posts[key]
	if !known || !e.gone {
		return 0, false
	}
	return e.deleted, true
}

// LeftOut returns how many looks were left out since the last call, by reason.
func (a *Agenda[K]) LeftOut() map[Reason]int64 {
	out := a.left
	a.left = map[Reason]int64{}
	return out
}
