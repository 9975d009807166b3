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
	notBefore int64 // before which a failed look is not tried again; 0 for at once
	inEvents  int32 // position there, -1 for none
	inReady   int32
	next      uint8 // the first look that was neither done nor left out
	inFlight  bool
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
// old to be looked at are passed over, and so is what comes of a post that was deleted.
func (a *Agenda[K]) Observe(o Observation[K], now int64) {
	if o.Created+a.schedule.Span().Milliseconds() <= now {
		return
	}
	e, known := a.posts[o.Key]
	if !known {
		e = &entry[K]{Post: o.Post, inEvents: -1, inReady: -1, unwanted: !o.Wanted}
		a.posts[o.Key] = e
		a.satisfy(e, o)
		a.settle(e, now)
		a.bound(now)
		return
	}
	if e.gone {
		return
	}
	if o.First {
		e.Arrived, e.ArrivalMS = o.Arrived, o.ArrivalMS
	}
	if o.Observed >= e.Observed {
		a.renew(e, o)
	}
	a.satisfy(e, o)
	if !e.inFlight {
		a.settle(e, now)
	}
}

// renew takes over what a later observation tells.
func (a *Agenda[K]) renew(e *entry[K], o Observation[K]) {
	arrived, arrivalMS, observations := e.Arrived, e.ArrivalMS, o.Observations
	if !o.Refresh && o.Observed > e.Observed {
		observations = max(observations, e.Observations+1) // the enricher has not been told of the looks before an edit
	}
	e.unread = e.unread && o.Version < e.Version
	if e.unread {
		o.Version = e.Version
	}
	e.Post = o.Post
	e.Arrived, e.ArrivalMS, e.Observations = arrived, arrivalMS, observations
	e.unwanted = !o.Wanted
}

// satisfy takes note of the looks that an observation does.
func (a *Agenda[K]) satisfy(e *entry[K], o Observation[K]) {
	if o.Refresh {
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

// Delete takes note that a post is gone. It is not looked at any more, whatever is observed of it.
func (a *Agenda[K]) Delete(key K, now int64) {
	e, known := a.posts[key]
	if !known || e.gone {
		return
	}
	e.gone = true
	if e.inFlight {
		e.inFlight = false
		a.inFlight--
	}
	a.settle(e, now)
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
	case e.gone || e.unwanted || next == len(after):
		a.unready(e)
		e.event = e.Created + end
	case age < after[next]:
		a.unready(e)
		e.event = e.Created + after[next]
	default:
		a.makeReady(e)
		e.event = e.Created + end
		if next+1 < len(after) {
			e.event = e.Created + after[next+1]
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

// LeftOut returns how many looks were left out since the last call, by reason.
func (a *Agenda[K]) LeftOut() map[Reason]int64 {
	out := a.left
	a.left = map[Reason]int64{}
	return out
}
