// Package rollup counts a contest: the state that follows from looks at posts, in memory and with a bound. It does no
// I/O and reads no clock; time comes in with the calls. It owns what counts, when and for which day; who shows the
// numbers, and how, is not its concern.
//
// A post of a team is counted once however often it is observed. Its newest version says for which teams and categories; the day
// and the half hour are those of its first look, so that an edit never moves a post on the timeline.
package rollup

import (
	"fmt"
	"time"
)

// Lookback is how long before the start of a day looks at posts have to be known to count that day: a post that arrived
// before midnight and is delivered again after it is not a post of the new day. State that is fed with everything since
// then equals state that has been running for longer.
const Lookback = time.Hour

// Bounds on the shape of a contest, in bits of a remembered post.
const (
	MaxTeams      = 6
	MaxCategories = 64
)

// Shape names what is counted. Orders are kept in Snapshot.
type Shape struct {
	Teams      []string // ids, at most MaxTeams
	Categories []string // tags of rules, at most MaxCategories
}

// Rollup is the state of a contest. It is not safe for concurrent use.
type Rollup struct {
	zone       *time.Location
	teams      map[string]int
	categories map[string]int

	now    time.Time
	today  day
	days   map[day]*tally
	posts  memory
	pace   pace
	newest time.Time
}

// New returns an empty state at the time now. Days begin at midnight in zone. remembered bounds the posts that are kept
// in mind to recognise them: between one and two times as many; a post that was forgotten counts again when it is
// looked at again.
func New(shape Shape, zone *time.Location, remembered int, now time.Time) (*Rollup, error) {
	if len(shape.Teams) > MaxTeams || len(shape.Categories) > MaxCategories {
		return nil, fmt.Errorf("count %d teams and %d categories: at most %d and %d are possible",
			len(shape.Teams), len(shape.Categories), MaxTeams, MaxCategories)
	}
	r := &Rollup{
		zone: zone, teams: positions(shape.Teams), categories: positions(shape.Categories),
		now: now, today: dayOf(now, zone), days: map[day]*tally{}, posts: newMemory(remembered),
	}
	return r, nil
}

func positions(names []string) map[string]int {
	m := make(map[string]int, len(names))
	for i, n := range names {
		m[n] = i
	}
	return m
}

// Advance moves the state to now; an earlier time does nothing. It says true when a new day has begun: what was of the
// days before yesterday is dropped.
func (r *Rollup) Advance(now time.Time) (newDay bool) {
	if !now.After(r.now) {
		return false
	}
	r.now = now
	today := dayOf(now, r.zone)
	if today <= r.today {
		return false
	}
	r.today = today
	for d := range r.days {
		if d < today-1 {
			delete(r.days, d)
		}
	}
	// Only looks since the lookback are what a restart would know of, and a restart must give the same numbers.
	r.posts.forgetBefore(today.start(r.zone).Add(-Lookback))
	return true
}

// Since returns the time from which on looks have to be known for the day of now.
func Since(now time.Time, zone *time.Location) time.Time {
	return dayOf(now, zone).start(zone).Add(-Lookback)
}

// Apply counts one observation.
func (r *Rollup) Apply(o Observation) Outcome {
	version := o.ObservedAt.UnixMilli()
	if o.Deleted {
		return r.remove(o.ID, version)
	}
	d := dayOf(o.ArrivedAt, r.zone)
	// A day ahead is kept, because midnight may come a moment earlier for the one who stamped the post.
	inWindow := d <= r.today+1 && !o.ArrivedAt.Before(r.today.start(r.zone).Add(-Lookback))

	p, known := r.posts.find(o.ID)
	if !known && !inWindow {
		return OtherDay
	}
	if inWindow {
		p.lookedAt(o.ArrivedAt)
	}
	first := !p.placed
	teams := maskOf(o.Teams, r.teams)
	if first {
		p.placed, p.day, p.bucket = true, d, bucketOf(o.ArrivedAt, r.zone)
		if teams != 0 {
			r.noteArrival(o.ArrivedAt)
		}
	}
	if known && version < p.version {
		r.posts.keep(o.ID, p)
		return Repeated
	}
	outcome := Revised
	switch {
	case teams == 0:
		outcome = NoTeam
	case first && p.day == r.today:
		outcome = Counted
	case first:
		outcome = OtherDay
	case version == p.version:
		outcome = Repeated
	}
	r.tallyOf(p.day).add(p, -1)
	// A post of no team belongs to another contest: one that ran here earlier today, or somebody else's rule.
	p.version, p.counts = version, teams != 0
	p.simulated = o.Simulated
	p.teams = uint8(teams)
	p.categories = maskOf(o.Categories, r.categories)
	r.tallyOf(p.day).add(p, 1)
	r.posts.keep(o.ID, p)
	return outcome
}

// remove takes a post's contribution away. The deletion itself is remembered: an older copy that comes late must not
// bring the post back. A post that does come back is placed anew, because after a restart nothing would be known of
// where it stood.
func (r *Rollup) remove(id string, version int64) Outcome {
	p, known := r.posts.find(id)
	if known && version < p.version {
		return Repeated
	}
	if p.placed {
		r.tallyOf(p.day).add(p, -1)
	}
	p.lookedAt(time.UnixMilli(version))
	p.version, p.counts, p.placed = version, false, false
	r.posts.keep(id, p)
	return Removed
}

// noteArrival passes over posts from the future: one wrong clock must not make the page look fresh for a day.
func (r *Rollup) noteArrival(at time.Time) {
	if at.After(r.now.Add(time.Minute)) {
		return
	}
	r.pace.add(at)
	if at.After(r.newest) {
		r.newest = at
	}
}

func (r *Rollup) tallyOf(d day) *tally {
	t := r.days[d]
	if t == nil {
		t = newTally(len(r.teams), len(r.categories))
		if d >= r.today-1 && d <= r.today+1 {
			r.days[d] = t
		}
	}
	return t
}

func maskOf(names []string, position map[string]int) uint64 {
	var b uint64
	for _, n := range names {
		if i, ok := position[n]; ok {
			b |= 1 << i
		}
	}
	return b
}
