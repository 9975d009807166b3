package rollup

import "time"

const (
	// TraceSeconds is how far back the trace goes.
	TraceSeconds = 300
	// aheadSeconds is how far ahead of us the clock that stamped a post may be.
	aheadSeconds = 60
	// traceCells holds both spans, and a cell is never needed for two seconds at a time.
	traceCells = 512
)

// trace counts posts by the second in which they arrived, for the last minutes.
type trace [traceCells]struct {
	second int64
	posts  int32
	teams  [MaxTeams]int32
}

// add counts the contribution sign times. Posts that arrived earlier than the trace goes back, or in the future, are
// passed over: one wrong clock must not make the page look busy later.
func (t *trace) add(c contribution, sign int32, now int64) {
	second := int64(c.arrived)
	if second < now-TraceSeconds || second > now+aheadSeconds {
		return
	}
	cell := &t[second%traceCells]
	if cell.second != second {
		if sign < 0 {
			return // it was passed over when it came
		}
		*cell = trace{}[0]
		cell.second = second
	}
	cell.posts += sign
	c.eachTeam(func(team int) { cell.teams[team] += sign })
}

// perSecond is the mean over the last whole seconds before now; the second that is still running is left out, because
// it would make the number dip at each beginning.
func (t *trace) perSecond(now, seconds int64) float64 {
	var n int32
	for s := now - seconds; s < now; s++ {
		if cell := &t[uint64(s)%traceCells]; cell.second == s {
			n += cell.posts
		}
	}
	return float64(n) / float64(seconds)
}

// Second is a cell of the trace.
type Second struct {
	At    int64 // Unix seconds
	Posts int64
}

// of returns the seconds with posts of a team, oldest first.
func (t *trace) of(team int, now time.Time) []Second {
	var all []Second
	for s := now.Unix() - TraceSeconds; s <= now.Unix(); s++ {
		if cell := &t[uint64(s)%traceCells]; cell.second == s && cell.teams[team] > 0 {
			all = append(all, Second{s, int64(cell.teams[team])})
		}
	}
	return all
}
