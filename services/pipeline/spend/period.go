package spend

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Period is a span that a budget is for.
type Period string

// The periods, in UTC.
const (
	Day   Period = "day"
	Month Period = "month"
)

// start returns when the period that t is in began.
func (p Period) start(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	if p == Month {
		d = 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// end returns when the next one begins.
func (p Period) end(t time.Time) time.Time {
	if p == Month {
		return p.start(t).AddDate(0, 1, 0)
	}
	return p.start(t).AddDate(0, 0, 1)
}

// account is the count of one period and its budget.
type account struct {
	period Period
	budget float64 // dollars; 0 for none
	shown  prometheus.Gauge

	began  time.Time
	posts  int64     // that we read since and are billed for, and those that are reserved
	beside beside    // what the other process has spent
	others int64     // by how many X's count is above both: other apps read too, or we have forgotten
	told   int64     // X's count, as of its last answer
	toldAt time.Time // when the answer came from which others is
	// unsure is how many of others may be posts of the other process that it had not told of then.
	unsure int64
	// spent says that the budget was found used up. It stays so until the period turns: what may be in flight shrinks
	// while nothing is read, and reading must not begin again because of it.
	spent bool
}

// turn starts the account anew when another period has begun, and says whether it did.
func (a *account) turn(now time.Time) bool {
	began := a.period.start(now)
	if began.Equal(a.began) {
		return false
	}
	*a = account{period: a.period, budget: a.budget, shown: a.shown, began: began}
	return true
}

// total is what counts against the budget. The other apps are the same for both processes.
func (a *account) total() int64 { return a.posts + a.beside.posts + max(a.others, a.beside.others) }

// tell takes X's count over, and says whether that has made the account smaller. X's count lags behind ours, and that it
// has not grown as ours has is nothing new. Only when it is smaller than it was does X mean something else by it: another
// billing period has begun, or it has corrected itself.
func (a *account) tell(posts int64, now time.Time) (smaller bool) {
	more, known := max(0, posts-a.posts-a.beside.posts), int64(0)
	if posts >= a.told {
		known = max(0, a.others-a.unsure)
	}
	if more > known || posts < a.told {
		a.toldAt = now
	}
	more = max(more, known)
	smaller = more < a.others
	a.told, a.others, a.unsure = posts, more, 0
	return smaller
}

// Count is how many posts were billed in the UTC day and month that At is in, for the next process to go on from. Others
// are those of other apps, as far as X has told. The zero value is nothing.
type Count struct {
	At          time.Time `json:"at"`
	Day         int64     `json:"day"`
	DayOthers   int64     `json:"day_others,omitempty"`
	Month       int64     `json:"month"`
	MonthOthers int64     `json:"month_others,omitempty"`
}

// On returns what is left of the count now: a day or a month that is over counts no more. A count of the future is from a
// clock that was wrong, and counts.
func (c Count) On(now time.Time) Count {
	if Day.start(c.At).Before(Day.start(now)) {
		c.Day, c.DayOthers = 0, 0
	}
	if Month.start(c.At).Before(Month.start(now)) {
		c.Month, c.MonthOthers = 0, 0
	}
	c.Month = max(c.Month, c.Day)
	return c
}

// maxBilled is more than is billed in a month; sums of it do not overflow.
const maxBilled = 1 << 40

// Bounded returns the count with what no process can have counted taken out, for one that comes from outside.
func (c Count) Bounded() Count {
	for _, n := range []*int64{&c.Day, &c.DayOthers, &c.Month, &c.MonthOthers} {
		*n = min(max(*n, 0), maxBilled)
	}
	return c
}
