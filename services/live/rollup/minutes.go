package rollup

import "time"

// Minute is a minute with its posts.
type Minute struct {
	At    time.Time // when it began; zero when there is none
	Posts int64
}

// best returns the minute with most posts, the earliest of equals.
func (d *day) best(minutes []int32) Minute {
	at, most := 0, int32(0)
	for i, n := range minutes {
		if n > most {
			at, most = i, n
		}
	}
	if most == 0 {
		return Minute{}
	}
	return Minute{d.at(at), int64(most)}
}

// LeadChange is a minute in which a team took the lead from another.
type LeadChange struct {
	At       time.Time // when the minute began
	From, To int       // teams of the shape
	Overcame int64     // posts that To was behind the leader at most since it last led
	Posts    int64     // that To had then
}

// leadChanges goes through the day's minutes, the running one included, and returns who took the lead when, oldest
// first. The first to lead takes it from nobody, and a tie changes nothing. What has been taken back by a deletion or an
// edit has never happened: the changes are those of the numbers as they are now.
func (d *day) leadChanges(t *tally) []LeadChange {
	var changes []LeadChange
	posts, behind := make([]int64, len(t.teams)), make([]int64, len(t.teams))
	leader := -1
	for minute := range t.minutes {
		if t.minutes[minute] == 0 {
			continue
		}
		for i := range t.teams {
			posts[i] += int64(t.teams[i].minutes[minute])
		}
		if first := leaderOf(posts); first >= 0 && first != leader {
			if leader >= 0 {
				changes = append(changes, LeadChange{At: d.at(minute), From: leader, To: first, Overcame: behind[first], Posts: posts[first]})
			}
			leader = first
		}
		if leader < 0 {
			continue
		}
		for i := range posts {
			behind[i] = max(behind[i], posts[leader]-posts[i])
		}
		behind[leader] = 0
	}
	return changes
}

// leaderOf is the team that has more posts than every other, or -1.
func leaderOf(posts []int64) int {
	leader, most := -1, int64(0)
	for i, n := range posts {
		switch {
		case n > most:
			leader, most = i, n
		case n == most:
			leader = -1
		}
	}
	return leader
}

// Pace compares whole minutes.
type Pace struct {
	Last, Previous int64 // posts of the last ten minutes, and of the ten before
	// Comparable says that the two tell something: all twenty minutes belong to the day and stand in the log, no outage lies
	// in them, and posts have not just stopped.
	Comparable bool
}

// paceOf is a team's pace before the minute now of the day.
func paceOf(minutes []int32, now int, comparable bool) Pace {
	return Pace{Last: sum(minutes, now-10, now), Previous: sum(minutes, now-20, now-10), Comparable: comparable}
}

// comparable judges the twenty minutes before the minute now by the posts of all teams. covered is the minute of the day
// from which on the log is known; lastMinute are the posts of the sixty seconds before this one.
func comparable(minutes []int32, now, covered int, lastMinute float64) bool {
	if now < 20 || covered > now-20 {
		return false
	}
	last, previous := sum(minutes, now-10, now), sum(minutes, now-20, now-10)
	mean := float64(max(last, previous)) / 10
	silent, longest := 0, 0
	for _, n := range minutes[now-20 : now] {
		if silent++; n > 0 {
			silent = 0
		}
		longest = max(longest, silent)
	}
	// Of posts that come by chance, so many minutes without any are an accident of one in three thousand (e^-8).
	if mean*float64(longest) >= 8 {
		return false
	}
	return lastMinute > 0 && 2*lastMinute*10 >= float64(last)
}

// growthOf is how much the engagement grows an hour, in hundredths, over looks of the hour that ends with the minute now;
// false when there were none.
func (t *teamTally) growthOf(now int) (growth int64, ok bool) {
	for i := max(0, now-59); i <= min(now, len(t.growth)-1); i++ {
		growth += t.growth[i]
		ok = ok || t.grown[i] > 0
	}
	return growth, ok
}

func sum(minutes []int32, from, to int) (n int64) {
	for i := max(0, from); i < min(to, len(minutes)); i++ {
		n += int64(minutes[i])
	}
	return n
}

// Standing is how the teams stood at the end of some minute.
type Standing struct {
	Teams []int64
	Best  int64 // posts of the best minute until then
}

// standingBefore is how teams stood when the minute began.
func (t *tally) standingBefore(minute int) Standing {
	s := Standing{Teams: make([]int64, len(t.teams))}
	for i := range t.teams {
		s.Teams[i] = sum(t.teams[i].minutes, 0, minute)
	}
	for _, n := range t.minutes[:max(0, min(minute, len(t.minutes)))] {
		s.Best = max(s.Best, int64(n))
	}
	return s
}
