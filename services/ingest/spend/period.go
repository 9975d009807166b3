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

	began time.Time
	posts int64 // billed since
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
	a.began, a.posts, a.spent = began, 0, false
	return true
}
