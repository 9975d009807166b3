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
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Usage{}, fmt.Errorf("read the usage: %w", err)
	}
	if a.Data == nil {
		return Usage{}, errors.New("read the usage: the answer has no data")
	}
	u := Usage{Project: int64(a.Data.Project), Cap: int64(a.Data.Cap), Days: map[string]int64{}}
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

// Reconcile takes over what X says where it is more than what was counted here: after a restart, or when another app of
// the project reads too. It is never taken down: X's count lags behind, and a budget is a promise.
//
// Where X leaves the days out, its sum since the cap's last reset stands for the month. That may include posts of last
// month, so it errs on the safe side.
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
		month = u.Project
	}
	g.accounts[0].posts = max(g.accounts[0].posts, today)
	g.accounts[1].posts = max(g.accounts[1].posts, month, g.accounts[0].posts)
	g.show()
}
