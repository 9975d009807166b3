package live

import (
	"crypto/sha256"
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
func (s *scoreboard) ofDay(day string, now time.Time) (answer, error) {
	if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
		return answer{}, errNoDate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if day == "" || day == s.state.Day {
		body, err := s.newest(now)
		return answer{body: body}, err
	}
	var tag string
	body, err := s.cached(day, now, func() (any, error) {
		snapshot, kept := s.rollup.SnapshotOf(day)
		if !kept {
			return nil, errNoDay
		}
		state := newState(s.competing, s.zone, s.progress, s.cutOff, snapshot, now)
		state.Epoch, state.Seq = s.epoch, max(1, s.seq)
		state.Freshness = Freshness{BehindRecords: s.behind}
		return state, nil
	})
	if err == nil {
		tag, err = tagOf(body)
	}
	return answer{body: body, tag: tag}, err
}

// tagOf names what a state says of its day, whoever asks and whenever: without what the clock and the process alone
// determine.
func tagOf(body []byte) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return "", fmt.Errorf("name the state of a day: %w", err)
	}
	for _, name := range []string{"epoch", "seq", "now", "freshness"} {
		delete(members, name)
	}
	said, err := json.Marshal(members)
	if err != nil {
		return "", fmt.Errorf("name the state of a day: %w", err)
	}
	return fmt.Sprintf(`W/"%x"`, sha256.Sum256(said)), nil
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
func (s *scoreboard) daysKept(now time.Time) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := s.cached(listed, now, func() (any, error) {
		all := Days{Timezone: s.zone.String(), Progress: s.progress}
		for _, day := range s.rollup.Days() {
			snapshot, kept := s.rollup.SnapshotOf(day)
			if !kept {
				continue
			}
			all.Days = append(all.Days, DayRow{
				Day: day, Today: snapshot.Today, Coverage: coverageOf(snapshot),
				Posts: s.sumOf(&snapshot.Views[rollup.All]), Organic: s.sumOf(&snapshot.Views[rollup.Organic]),
			})
		}
		return all, nil
	})
	return answer{body: body}, err
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
