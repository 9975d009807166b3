package live

import (
	"encoding/json"
	"fmt"
	"time"

	"catsvdogs/services/live/rollup"
)

// keptFor is how old an answer about a day may be, so that many readers of it cost what one does.
const keptFor = time.Second

// dayCache holds answers by what was asked: today's state, each day, and the list of days. It is small, because only
// what exists is kept.
type dayCache map[string]cached

type cached struct {
	body []byte
	at   time.Time
}

// listed is the name of the list in a dayCache; no day is written so.
const listed = "days"

// ofDay returns the state of a day as JSON; of today when day is empty. The error may be errNoDate or errNoDay.
func (s *scoreboard) ofDay(day string, now time.Time) ([]byte, error) {
	if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
		return nil, errNoDate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if day == "" || day == s.state.Day {
		return s.newest(now)
	}
	return s.cached(day, now, func() (any, error) {
		snapshot, kept := s.rollup.SnapshotOf(day)
		if !kept {
			return nil, errNoDay
		}
		state := newState(s.competing, s.zone, s.progress, snapshot, now)
		state.Epoch, state.Seq = s.epoch, max(1, s.seq)
		state.Freshness = Freshness{BehindRecords: s.behind}
		return state, nil
	})
}

// newest returns the state that was published last, with the clock of now: while nothing happens nothing is published,
// and a reader who asks must still be able to tell how old the newest post is. It is called with mu held, as cached is.
func (s *scoreboard) newest(now time.Time) ([]byte, error) {
	if now.Sub(s.published) < keptFor && instant(s.published) == s.state.Now {
		return s.hub.Newest().JSON, nil
	}
	return s.cached(s.state.Day, now, func() (any, error) {
		state := s.state
		state.Now = instant(now)
		return state, nil
	})
}

// daysKept returns Days as JSON.
func (s *scoreboard) daysKept(now time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cached(listed, now, func() (any, error) {
		all := Days{Timezone: s.zone.String(), Progress: s.progress}
		for _, day := range s.rollup.Days() {
			snapshot, kept := s.rollup.SnapshotOf(day)
			if !kept {
				continue
			}
			all.Days = append(all.Days, DayRow{
				Day: day, Today: snapshot.Today,
				Posts: s.sumOf(&snapshot.Views[rollup.All]), Organic: s.sumOf(&snapshot.Views[rollup.Organic]),
			})
		}
		return all, nil
	})
}

func (s *scoreboard) sumOf(v *rollup.View) DaySum {
	sum := DaySum{Total: v.Total, Teams: map[string]int64{}, Leader: newLead(s.competing, v.Teams).Team}
	for i, t := range s.competing.Teams {
		sum.Teams[t.ID] = v.Teams[i].Posts
	}
	return sum
}

// cached answers from the cache or from make.
func (s *scoreboard) cached(name string, now time.Time, make func() (any, error)) ([]byte, error) {
	if c, ok := s.days[name]; ok && now.Sub(c.at) < keptFor {
		return c.body, nil
	}
	value, err := make()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode a day: %w", err)
	}
	for old, c := range s.days {
		if now.Sub(c.at) >= keptFor {
			delete(s.days, old)
		}
	}
	if s.days == nil {
		s.days = dayCache{}
	}
	s.days[name] = cached{body, now}
	return body, nil
}
