package rollup

import "time"

// day holds what is known of one day.
type day struct {
	hours
	views   [views]*tally
	tags    hashtags
	popular [views]popular
	newest  time.Time // arrival
}

func newDay(d date, zone *time.Location, shape Shape) *day {
	n := &day{hours: newHours(d, zone), tags: hashtags{}}
	for v := range n.views {
		n.views[v] = newTally(len(shape.Teams), len(shape.Categories), len(n.bucket))
	}
	return n
}

func (d *day) add(c contribution, sign int64) {
	minute, looked := d.minute(int64(c.arrived)), -1
	if d.has(c.version / 1000) {
		looked = d.minute(c.version / 1000)
	}
	d.views[All].add(c, sign, minute, looked, d.bucket[minute])
	if !c.is(promotional) {
		d.views[Organic].add(c, sign, minute, looked, d.bucket[minute])
	}
}
