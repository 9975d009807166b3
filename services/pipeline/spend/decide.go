package spend

import "time"

// Shares are the percentages of the stream that sampling may come down to, from the whole of it. X's sample: operator
// takes any whole number; a few steps keep the rules from being changed all the time.
var shares = [...]int{100, 50, 25, 10, 5, 2, 1}

// headroom is the part of what a budget allows that a larger share may use. Without it a rate at the edge of a step
// would change the rules each minute.
const headroom = 0.8

// Allowance is what is left of one budget.
type Allowance struct {
	Dollars float64       // left to spend; 0 or less when it is used up
	Time    time.Duration // until the period ends
}

// Situation is what a share is decided from.
type Situation struct {
	// Left has an entry for each budget that there is.
	Left []Allowance
	// FullRate is what all posts would cost now, in dollars a second; 0 when it is not known yet.
	FullRate float64
	// InForce is the share that is read now, in percent.
	InForce int
	// Sampling says that a share between all and nothing may be taken.
	Sampling bool
}

// Decide returns the share of the posts to read, in percent: 100 for all, 0 for none, because a budget is used up. In
// between it is the largest step with which every budget lasts to the end of its period at the present rate, and at
// least 1: a thin sample is better than none.
func Decide(s Situation) int {
	affordable, limited := 0.0, false
	for _, left := range s.Left {
		if left.Dollars <= 0 {
			return 0
		}
		if rate := left.Dollars / max(left.Time, time.Second).Seconds(); !limited || rate < affordable {
			affordable, limited = rate, true
		}
	}
	if !limited || !s.Sampling {
		return 100
	}
	if s.FullRate <= 0 {
		return max(s.InForce, 1)
	}
	for _, share := range shares {
		limit := affordable
		if share > s.InForce {
			limit *= headroom
		}
		if s.FullRate*float64(share)/100 <= limit {
			return share
		}
	}
	return 1
}
