package spend

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Usage is what X says was read: posts of the whole project, other apps included.
type Usage struct {
	Days    map[string]int64 // by UTC day, as 2006-01-02; empty when X does not say
	Project int64            // since the cap was last reset
	Cap     int64            // posts a month that the plan has; 0 when X does not say
	// ResetDay is the day of the month on which Project begins anew, 1 to 31; 0 when X does not say.
	ResetDay int
}

// number is a count that X sends as a number or as a text of digits; both are seen.
type number int64

// maxCount is more posts than there are in a month; sums of it do not overflow.
const maxCount = 1 << 40

// UnmarshalJSON reads a number from 0 to maxCount.
func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil || v < 0 || v > maxCount {
		return fmt.Errorf("%.40q is no count", b)
	}
	*n = number(v)
	return nil
}

// ParseUsage reads the answer to GET /2/usage/tweets. The days come as an object with a list or, in some documents, as
// the list itself; on accounts that pay per use they have been seen to be left out.
func ParseUsage(answer []byte) (Usage, error) {
	type day struct {
		Date  string `json:"date"`
		Usage number `json:"usage"`
	}
	var a struct {
		Data *struct {
			Daily   json.RawMessage `json:"daily_project_usage"`
			Project number          `json:"project_usage"`
			Cap     number          `json:"project_cap"`
			Reset   number          `json:"cap_reset_day"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Usage{}, fmt.Errorf("read the usage: %w", err)
	}
	if a.Data == nil {
		return Usage{}, errors.New("read the usage: the answer has no data")
	}
	u := Usage{Project: int64(a.Data.Project), Cap: int64(a.Data.Cap), Days: map[string]int64{}}
	if a.Data.Reset <= 31 {
		u.ResetDay = int(a.Data.Reset)
	}
	var days []day
	var within struct {
		Usage []day `json:"usage"`
	}
	if json.Unmarshal(a.Data.Daily, &within) == nil {
		days = within.Usage
	} else if json.Unmarshal(a.Data.Daily, &days) != nil {
		return u, nil // a shape of a later day: the sum is still worth having
	}
	for _, d := range days {
		if at, err := time.Parse(time.RFC3339, d.Date); err == nil {
			u.Days[at.UTC().Format(time.DateOnly)] += int64(d.Usage)
		} else if at, err := time.Parse(time.DateOnly, d.Date); err == nil {
			u.Days[at.Format(time.DateOnly)] += int64(d.Usage)
		}
	}
	return u, nil
}

// baseline is a sum that X has told, with what was counted here then, and the sum that it told last.
type baseline struct{ sum, counted, latest int64 }

// Reconcile takes over what X says where it is more than what was counted here: after a restart, or when another app of
// the project reads too. It is taken down only as far as X takes its own count back: that count lags behind, and a budget
// is a promise. A stop that only X's count has caused ends with it.
func (g *Governor) Reconcile(u Usage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.opts.Now()
	g.turn(now)
	var today, month int64
	for day, posts := range u.Days {
		if day == now.UTC().Format(time.DateOnly) {
			today = posts
		}
		if day >= Month.start(now).Format(time.DateOnly) {
			month += posts
		}
	}
	if len(u.Days) == 0 {
		month = g.monthOf(u, now)
	}
	for i, told := range []int64{today, month} {
		a := g.accounts[i]
		if smaller := a.tell(told, now); smaller && a.spent && g.left(a, now) > 0 {
			a.spent = false
		}
	}
	g.show()
}

// monthOf returns how many posts of this month are in X's sum since the cap's last reset, where X leaves the days out. When
// the reset was this month, or X does not say when, all are: the latter errs on the safe side until the sum is reset. When
// it was last month, it is what the sum has grown by since it was first told, beside what was counted here before.
func (g *Governor) monthOf(u Usage, now time.Time) int64 {
	if u.ResetDay <= now.UTC().Day() {
		return u.Project
	}
	switch month := g.accounts[1]; {
	case g.base == nil:
		g.base = &baseline{sum: u.Project, counted: month.total()}
	case u.Project < g.base.latest: // it was reset
		g.base = &baseline{sum: u.Project, counted: month.posts + month.beside.posts}
	}
	g.base.latest = u.Project
	return g.base.counted + u.Project - g.base.sum
}
