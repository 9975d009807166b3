package rollup

import (
	"slices"
	"time"
)

// Snapshot is the state of the day, as a copy. Teams and categories are in the order of the shape.
type Snapshot struct {
	Day          string // YYYY-MM-DD
	Total        int64  // distinct posts
	SeveralTeams int64  // posts that count for two teams or more
	Simulated    int64  // posts that were made up
	Teams        []int64
	Categories   []int64
	Timeline     [][Buckets]int64 // by category and half hour
	Newest       time.Time        // arrival of the newest post of today; zero when there is none
	PerSecond10s float64          // posts a second over the last 10 s
	PerSecond60s float64          // over the last 60 s
}

// Snapshot returns the numbers of today.
func (r *Rollup) Snapshot() Snapshot {
	t := r.tallyOf(r.today)
	s := Snapshot{
		Day: r.today.String(), Total: t.total, SeveralTeams: t.several, Simulated: t.simulated,
		Teams: slices.Clone(t.teams), Categories: slices.Clone(t.categories), Timeline: slices.Clone(t.timeline),
		PerSecond10s: r.pace.perSecond(r.now, 10), PerSecond60s: r.pace.perSecond(r.now, 60),
	}
	if dayOf(r.newest, r.zone) == r.today {
		s.Newest = r.newest
	}
	return s
}
