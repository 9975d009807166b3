package xstream

import (
	"time"

	"catsvdogs/services/pipeline/tweet"
)

const (
	// overlap is read again on both sides of a gap. The stream is not sorted: X's 99th percentile from creation to
	// delivery is 6 to 7 s, clocks differ, and what was on its way to the broker at a kill is lost as well.
	overlap = 30 * time.Second
	// quietMargin is how old posts of a live stream may be. X holds some minutes of them for a reader that is held up,
	// so a byte that comes now does not say that all before now has come.
	quietMargin = 15 * time.Minute
)

// Resume is where an earlier process was, as told by the tail of tweets.raw. Zero for no earlier process.
type Resume struct {
	// ID is of the last version of a post that the stream delivered or, where that record is marked with Since, that
	// mark.
	ID string `json:"id"`
	// At is when that record was observed. It is used when the id tells no time.
	At time.Time `json:"at"`
}

// coverage knows up to which creation time posts have been received, and where a gap begins that is open. It is for one
// goroutine and does not read the clock.
type coverage struct {
	newest time.Time // creation of the newest post received
	alive  time.Time // when the last byte came; zero before the first

	open   bool
	from   time.Time // start of the open gap, with overlap
	lost   time.Time // when the stream was lost
	chosen bool
}

// resume opens the gap that lies between two processes.
func (c *coverage) resume(r Resume, now time.Time) {
	at, ok := tweet.SnowflakeTime(r.ID)
	if !ok || at.After(now) {
		at = r.At
	}
	if at.IsZero() || at.After(now) {
		return
	}
	c.newest = at
	c.begin(at)
}

// saw notes a post by the id of this version of it. An id from the future would hide every gap until then.
func (c *coverage) saw(id string, now time.Time) {
	if at, ok := tweet.SnowflakeTime(id); ok && at.After(c.newest) && !at.After(now.Add(overlap)) {
		c.newest = at
	}
}

// gap is a time in which posts may have been missed.
type gap struct {
	span
	missed time.Duration // without a live stream
	chosen bool          // reading had ended to save money; to fill the gap would spend it after all
}

// heard notes that a stream is alive and returns the gap that this closes, if one is open. Posts created before now may
// be missing, those after it come by the stream.
func (c *coverage) heard(now time.Time) (closed gap, ok bool) {
	if c.alive.IsZero() && c.newest.IsZero() {
		c.newest = now // nothing was read before, so nothing before is missing
	}
	c.alive = now
	if !c.open {
		return gap{}, false
	}
	c.open = false
	// What time it is may be known better than when the stream was lost, and be earlier.
	return gap{span{since: c.from, until: now.Add(overlap)}, max(0, now.Sub(c.lost)), c.chosen}, true
}

// ended notes that a stream that was alive has ended, and says whether this opened a gap. chosen: we ended it ourselves,
// to save money.
func (c *coverage) ended(chosen bool) (opened bool) {
	if c.alive.IsZero() || c.open {
		return false
	}
	c.begin(c.alive)
	c.chosen = chosen
	return true
}

// begin opens a gap after the newest post. Up to quietMargin before the last sign of life a stream without posts had
// none.
func (c *coverage) begin(alive time.Time) {
	c.open, c.chosen, c.lost = true, false, alive
	c.from = c.newest
	if quiet := alive.Add(-quietMargin); quiet.After(c.from) {
		c.from = quiet
	}
	c.from = c.from.Add(-overlap)
}

// Since returns from when on posts are read again after a restart: those that may come twice were made later.
func (r Resume) Since() time.Time {
	at, ok := tweet.SnowflakeTime(r.ID)
	if !ok || r.At.Before(at) {
		at = r.At
	}
	if at.IsZero() {
		return at
	}
	return at.Add(-quietMargin - overlap)
}
