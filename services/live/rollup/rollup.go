// Package rollup counts a contest: the state that follows from looks at posts, in memory and with a bound. It does no
// I/O and reads no clock; time comes in with the calls. It owns what counts, when and for which day; who shows the
// numbers, and how, is not its concern.
//
// A post of a team is counted once however often it is observed. Its newest version decides everything, its moment
// included, as in the index, where it replaces the document: of a compacted log nothing else is left. What a post adds is
// remembered (contribution) and taken away before its newer version is added; what no longer fits into memory is passed
// over from then on rather than counted twice (memory).
package rollup

import (
	"fmt"
	"math"
	"time"
)

// Lookback is how long before the start of the first day looks at posts have to be known to count that day: what is written
// before midnight may be overtaken by a version or a deletion that is read after it. State that is fed with everything since
// then equals state that has been running for longer.
const Lookback = time.Hour

// Bounds on the shape of a contest, in bits of a contribution.
const (
	MaxTeams      = 6
	MaxCategories = 64
)

// Shape names what is counted. Orders are kept in Snapshot.
type Shape struct {
	Teams      []string // ids, at most MaxTeams
	Categories []string // tags of rules, at most MaxCategories
}

// Bounds says how much is kept.
type Bounds struct {
	Days  int // today and those before it, at least 1
	Posts int // posts that are remembered, all partitions together
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
	posts  *memory
	hash   hasher
	lost   time.Time // see LostBefore
	first  int64     // Unix seconds: the earliest arrival of the posts that are known; 0 before there is one
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
		days: map[date]*day{}, posts: newMemory(bounds.Posts), hash: newHasher(),
	}
	return r, nil
}

// Bounds returns how much is kept.
func (r *Rollup) Bounds() Bounds { return r.bounds }

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
	r.posts.dropBefore(r.since)
	return true
}

// Partitions says among how many partitions the log is shared out, and so the memory. With fewer than before it does
// nothing.
func (r *Rollup) Partitions(n int) {
	r.posts.shareAmong(r.bounds.Posts, n)
}

// LostBefore says that records before t have left the log, so that numbers of days that began earlier are not whole.
func (r *Rollup) LostBefore(t time.Time) { r.lost = t }

// Began says that the log has records since t.
func (r *Rollup) Began(t time.Time) { r.known(t.Unix()) }

func (r *Rollup) known(second int64) {
	if r.first == 0 || second < r.first {
		r.first = second
	}
}

// Apply counts one observation.
func (r *Rollup) Apply(o Observation) Outcome {
	post := r.hash.post(o.ID)
	version := o.ObservedAt.UnixMilli()
	before, tags, known := r.posts.find(post)
	if known && version < before.version {
		return Repeated
	}
	if o.Deleted {
		return r.remove(post, &o, before, tags, known)
	}
	if known && version == before.version && !before.is(counts) {
		return Repeated // of the same millisecond the deletion counts, as in the index and the archive
	}
	teams := uint8(maskOf(o.Teams, r.teams))
	now := contributionOf(&o, teams, maskOf(o.Categories, r.categories))
	switch {
	case !known && !r.inWindow(o.ArrivedAt):
		return OtherDay
	// Also when a deletion is known: it may have come when the post was forgotten already, and taken nothing away.
	case !before.is(counts) && r.posts.hasForgotten(now.partition, now.minute()):
		return Forgotten
	}
	r.known(int64(now.arrived))
	outcome := Revised
	day := r.dayAt(int64(now.arrived))
	switch {
	case teams == 0:
		outcome = NoTeam
	case day == nil:
		outcome = OtherDay
	case !before.is(counts):
		outcome = Counted
	case version == before.version:
		outcome = Repeated
	}
	r.uncount(o.ID, before, tags)
	tags = r.hashesOf(o.Hashtags)
	r.count(day, &o, now, tags)
	if day = r.dayAt(int64(now.arrived)); day != nil && teams != 0 && o.ArrivedAt.After(day.newest) && !o.ArrivedAt.After(r.now.Add(aheadSeconds*time.Second)) {
		day.newest = o.ArrivedAt
	}
	r.posts.keep(post, now, tags, r.now.Unix())
	return outcome
}

// remove takes a post's contribution away. The deletion itself is remembered, as of when it was seen: an older copy that
// comes late must not bring the post back.
func (r *Rollup) remove(post uint64, o *Observation, before contribution, tags []uint32, known bool) Outcome {
	outcome := Removed
	if !known && r.posts.settled() > 0 {
		outcome = Forgotten // it may stand in the numbers, and nothing tells where
	}
	r.uncount(o.ID, before, tags)
	gone := contribution{version: o.ObservedAt.UnixMilli(), arrived: inSeconds(o.ObservedAt), partition: uint16(o.Partition)}
	r.posts.keep(post, gone, nil, r.now.Unix())
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
func (r *Rollup) uncount(id string, c contribution, tags []uint32) {
	if !c.is(counts) {
		return
	}
	day := r.dayAt(int64(c.arrived))
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
