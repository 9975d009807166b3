// Package rollup counts a contest: the state that follows from looks at posts, in memory and with a bound. It does no
// I/O and reads no clock; time comes in with the calls. It owns what counts, when and for which day; who shows the
// numbers, and how, is not its concern.
//
// A post of a team is counted once however often it is observed. Its newest version says for which teams and categories;
// the moment is that of its first look, so that an edit never moves a post on the timeline. What a post adds is
// remembered (contribution) and taken away before its newer version is added; what no longer fits into memory is passed
// over from then on rather than counted twice (memory).
package rollup

import (
	"fmt"
	"math"
	"time"
)

// Lookback is how long before the start of the first day looks at posts have to be known to count that day: a post that
// arrived before midnight and is delivered again after it is not a post of the new day. State that is fed with everything
// since then equals state that has been running for longer.
const Lookback = time.Hour

// Bounds on the shape of a contest, in bits of a contribution.
const (
	MaxTeams      = 6
	MaxCategories = 64
)

// usualPartitions is among how many partitions the memory is shared out before more have been seen.
const usualPartitions = 12

// Shape names what is counted. Orders are kept in Snapshot.
type Shape struct {
	Teams      []string // ids, at most MaxTeams
	Categories []string // tags of rules, at most MaxCategories
}

// Bounds says how much is kept.
type Bounds struct {
	Days  int // today and those before it, at least 1
	Posts int // posts that are remembered in a generation, all partitions together; there are two generations
}

// Rollup is the state of a contest. It is not safe for concurrent use.
type Rollup struct {
	shape      Shape
	bounds     Bounds
	zone       *time.Location
	teams      map[string]int
	categories map[string]int

	now    time.Time
	today  date
	since  int64 // Unix seconds: Since(now)
	days   map[date]*day
	last   *day // the day that was used last: mostly the one that is needed next
	posts  map[int32]*memory
	hash   hasher
	trace  [views]trace
	recent lastHour
	hashes [MaxHashtags]uint32 // room for the hashtags of one observation
}

// New returns an empty state at the time now. Days begin at midnight in zone.
func New(shape Shape, zone *time.Location, bounds Bounds, now time.Time) (*Rollup, error) {
	if len(shape.Teams) > MaxTeams || len(shape.Categories) > MaxCategories {
		return nil, fmt.Errorf("count %d teams and %d categories: at most %d and %d are possible",
			len(shape.Teams), len(shape.Categories), MaxTeams, MaxCategories)
	}
	bounds = Bounds{Days: max(bounds.Days, 1), Posts: max(bounds.Posts, 1)}
	r := &Rollup{
		shape: shape, bounds: bounds, zone: zone, teams: positions(shape.Teams), categories: positions(shape.Categories),
		now: now, today: dateOf(now, zone), since: Since(now, zone, bounds.Days).Unix(),
		days: map[date]*day{}, posts: map[int32]*memory{}, hash: newHasher(),
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

// Since returns the time from which on looks have to be known for the days up to the one of now.
func Since(now time.Time, zone *time.Location, days int) time.Time {
	return (dateOf(now, zone) - date(days) + 1).start(zone).Add(-Lookback)
}

// Advance moves the state to now; an earlier time does nothing. It says true when a new day has begun: then the oldest
// one is dropped.
func (r *Rollup) Advance(now time.Time) (newDay bool) {
	if !now.After(r.now) {
		return false
	}
	r.now = now
	today := dateOf(now, r.zone)
	if today <= r.today {
		return false
	}
	r.today, r.since, r.last = today, Since(now, r.zone, r.bounds.Days).Unix(), nil
	for d := range r.days {
		if d <= today-date(r.bounds.Days) {
			delete(r.days, d)
		}
	}
	// Only looks since then are what a restart would know of, and a restart must give the same numbers.
	for _, m := range r.posts {
		m.dropBefore(r.since)
	}
	return true
}

// Apply counts one observation.
func (r *Rollup) Apply(o Observation) Outcome {
	m := r.memoryOf(o.Partition)
	post := r.hash.post(o.ID)
	version := o.ObservedAt.UnixMilli()
	c, tags, known := m.find(post)
	late := known && version < c.version
	if o.Deleted {
		return r.remove(m, post, &o, c, tags, known, late)
	}

	arrived := inSeconds(o.ArrivedAt)
	switch first := !c.is(placed); {
	case !known && !r.inWindow(o.ArrivedAt):
		return OtherDay
	case first && m.forgets(arrived):
		return Forgotten
	case first:
		c.arrived, c.flags = arrived, c.flags|placed
	default:
		arrived = 0 // it is where it is
	}
	day := r.dayAt(int64(c.arrived))
	teams := uint8(maskOf(o.Teams, r.teams))
	if day != nil && arrived != 0 && teams != 0 && o.ArrivedAt.After(day.newest) && !o.ArrivedAt.After(r.now.Add(aheadSeconds*time.Second)) {
		day.newest = o.ArrivedAt
	}
	if late {
		r.keep(m, post, c, tags)
		return Repeated
	}

	outcome := Revised
	switch {
	case teams == 0:
		outcome = NoTeam
	case arrived != 0 && day == nil:
		outcome = OtherDay
	case arrived != 0:
		outcome = Counted
	case version == c.version:
		outcome = Repeated
	}
	r.uncount(day, o.ID, c, tags)
	c.revise(&o, teams, maskOf(o.Categories, r.categories))
	tags = r.hashesOf(o.Hashtags)
	r.count(day, &o, c, tags)
	r.keep(m, post, c, tags)
	return outcome
}

// remove takes a post's contribution away. The deletion itself is remembered: an older copy that comes late must not
// bring the post back. A post that does come back is placed anew, because after a restart nothing would be known of
// where it stood.
func (r *Rollup) remove(m *memory, post uint64, o *Observation, c contribution, tags []uint32, known, late bool) Outcome {
	if late {
		return Repeated
	}
	outcome := Removed
	if !known && m.horizon > 0 {
		outcome = Forgotten // it may stand in the numbers, and nothing tells where
	}
	if c.is(placed) {
		r.uncount(r.dayAt(int64(c.arrived)), o.ID, c, tags)
	}
	r.keep(m, post, contribution{version: o.ObservedAt.UnixMilli(), arrived: c.arrived}, nil)
	return outcome
}

// count adds a post to everything that shows it. day is nil when its day is not kept; the last minutes and the last hour
// may still reach back into it.
func (r *Rollup) count(day *day, o *Observation, c contribution, tags []uint32) {
	if !c.is(counts) {
		return
	}
	if day != nil {
		day.add(c, 1)
		day.tags.count(tags, o.Hashtags, !c.is(promotional))
	}
	one := popularPost{id: o.ID, popularity: c.popularity, arrived: c.arrived, content: o.Content}
	r.eachView(c, func(v ViewOf) {
		r.trace[v].add(c, 1, r.now.Unix())
		if c.popularity == 0 || o.Content == nil {
			return
		}
		r.recent.put(one, v, r.now.Unix())
		if day != nil {
			day.popular[v].put(one, ofDay)
		}
	})
}

// uncount is the reverse of count.
func (r *Rollup) uncount(day *day, id string, c contribution, tags []uint32) {
	if !c.is(counts) {
		return
	}
	if day != nil {
		day.add(c, -1)
		day.tags.uncount(tags, !c.is(promotional))
	}
	r.eachView(c, func(v ViewOf) { r.trace[v].add(c, -1, r.now.Unix()) })
	if c.popularity == 0 {
		return // then it is on no list
	}
	r.recent.drop(id, c.arrived)
	if day != nil {
		for v := range day.popular {
			day.popular[v].drop(id)
		}
	}
}

func (r *Rollup) eachView(c contribution, f func(ViewOf)) {
	f(All)
	if !c.is(promotional) {
		f(Organic)
	}
}

func (r *Rollup) keep(m *memory, post uint64, c contribution, tags []uint32) {
	m.keep(post, c, tags, max(1, r.bounds.Posts/max(usualPartitions, len(r.posts))), r.now.Unix())
}

func (r *Rollup) memoryOf(partition int32) *memory {
	m := r.posts[partition]
	if m == nil {
		m = newMemory()
		r.posts[partition] = m
	}
	return m
}

// inWindow says whether a post that arrived then may count. A day ahead is kept, because midnight may come a moment
// earlier for the one who stamped the post.
func (r *Rollup) inWindow(arrived time.Time) bool {
	return arrived.Unix() >= r.since && arrived.Unix() < math.MaxUint32 && dateOf(arrived, r.zone) <= r.today+1
}

// dayAt returns the day of a second; nil when it is not kept.
func (r *Rollup) dayAt(second int64) *day {
	if r.last != nil && r.last.has(second) {
		return r.last
	}
	d := dateOf(time.Unix(second, 0), r.zone)
	if d <= r.today-date(r.bounds.Days) || d > r.today+1 {
		return nil
	}
	if r.days[d] == nil {
		r.days[d] = newDay(d, r.zone, r.shape)
	}
	r.last = r.days[d]
	return r.last
}

func (r *Rollup) hashesOf(hashtags []string) []uint32 {
	n := min(len(hashtags), MaxHashtags)
	for i, name := range hashtags[:n] {
		r.hashes[i] = r.hash.tag(name)
	}
	return r.hashes[:n]
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
