package rollup_test

import (
	"slices"
	"time"

	"catsvdogs/services/live/rollup"
)

// model counts the slow and obvious way: it keeps every observation it was given and goes through all of them for
// every answer.
type model struct {
	shape rollup.Shape
	zone  *time.Location
	seen  []rollup.Observation
}

// verdict is what all looks at one post come to.
type verdict struct {
	first, last *rollup.Observation // since the last deletion; and the newest version
}

func (m *model) verdicts() (verdicts map[string]verdict, newest time.Time) {
	verdicts = map[string]verdict{}
	for i := range m.seen {
		o := &m.seen[i]
		v := verdicts[o.ID]
		newer := v.last == nil || !o.ObservedAt.Before(v.last.ObservedAt)
		switch {
		case o.Deleted && newer:
			v.first = nil
		case !o.Deleted && v.first == nil:
			v.first = o
			if len(o.Teams) > 0 && o.ArrivedAt.After(newest) {
				newest = o.ArrivedAt
			}
		}
		if newer {
			v.last = o
		}
		verdicts[o.ID] = v
	}
	return verdicts, newest
}

func (m *model) snapshot(day string) rollup.Snapshot {
	s := rollup.Snapshot{
		Day: day, Teams: make([]int64, len(m.shape.Teams)), Categories: make([]int64, len(m.shape.Categories)),
		Timeline: make([][rollup.Buckets]int64, len(m.shape.Categories)),
	}
	verdicts, newest := m.verdicts()
	if newest.In(m.zone).Format(time.DateOnly) == day {
		s.Newest = newest
	}
	for _, v := range verdicts {
		if v.first == nil || v.first.ArrivedAt.In(m.zone).Format(time.DateOnly) != day {
			continue
		}
		if v.last.Deleted || len(v.last.Teams) == 0 {
			continue
		}
		s.Total++
		if v.last.Simulated {
			s.Simulated++
		}
		teams := 0
		for i, name := range m.shape.Teams {
			if slices.Contains(v.last.Teams, name) {
				s.Teams[i]++
				teams++
			}
		}
		if teams > 1 {
			s.SeveralTeams++
		}
		at := v.first.ArrivedAt.In(m.zone)
		for i, name := range m.shape.Categories {
			if slices.Contains(v.last.Categories, name) {
				s.Categories[i]++
				s.Timeline[i][at.Hour()*2+at.Minute()/30]++
			}
		}
	}
	return s
}
