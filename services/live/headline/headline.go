// Package headline writes one English sentence about a contest that reacts to what has just happened. It is a pure
// function of how the contest stands now and how it stood a moment ago. Which event wins is decided here, every word
// that people read is in words.go; it owns no numbers and no clock.
package headline

import "time"

// Phase says how much of the past the numbers cover.
type Phase int

// Phases.
const (
	Live       Phase = iota
	Waiting          // there are no numbers yet
	CatchingUp       // the numbers are too low
)

// Thresholds at which something is worth saying. They are low enough for a contest of one post a minute and high enough
// that a busy one does not cry wolf.
const (
	DroughtAfter    = 10 * time.Minute
	recordFrom      = 20   // posts a minute that a record must beat; the first posts of a day are all records
	surgeFrom       = 50   // posts in ten minutes
	surgeFactor     = 2    // of the ten minutes before
	trendFrom       = 10   // posts in ten minutes of the team that the trend is about
	trendPercent    = 10.0 // change of pace
	upsetFrom       = 25   // posts that were overcome
	upsetOfPosts    = 10   // one part in so many of what the team has
	mentionedAtMost = 6    // teams in a tie
)

// Side is one team.
type Side struct {
	ID    string
	Name  string // as it begins a sentence; a plural
	Posts int64

	Last10m, Previous10m int64 // posts of the last ten whole minutes and of the ten before
	Comparable           bool  // both belong to the day
}

// Change is a change of the lead.
type Change struct {
	To       string // id
	Overcame int64  // posts that it was behind at most
	Posts    int64  // that it had then
}

// Upset says whether the change came after a deficit that few recover from.
func (c Change) Upset() bool { return c.Overcame >= upsetFrom && c.Overcame*upsetOfPosts >= c.Posts }

// State is a contest at a moment. Of the state before only Sides and BestMinute are read.
type State struct {
	Phase   Phase
	Percent int  // of what there is to catch up with, 0 to 100
	Over    bool // the day is over: the numbers stay

	Sides      []Side
	BestMinute int64         // posts of the day's best minute
	Silence    time.Duration // since the newest post; no matter while there is none
	LastChange Change        // the latest; zero when there was none
}

// Kind says why a sentence was chosen.
type Kind string

// Kinds of sentences, as in openapi.yaml.
const (
	KindWaiting    Kind = "waiting"
	KindCatchingUp Kind = "catching_up"
	KindNoPosts    Kind = "no_posts"
	KindDrought    Kind = "drought"
	KindTie        Kind = "tie"
	KindLeadChange Kind = "lead_change"
	KindUpset      Kind = "upset"
	KindRecord     Kind = "record"
	KindSurge      Kind = "surge"
	KindLead       Kind = "lead"
	KindFinal      Kind = "final"
	KindFinalTie   Kind = "final_tie"
)

// Write returns the sentence for now; before is how the same contest stood one to two minutes earlier, the zero value
// when nobody knows.
func Write(now, before State) Sentence {
	switch now.Phase {
	case Waiting:
		return sentence(KindWaiting).say(waiting)
	case CatchingUp:
		return sentence(KindCatchingUp).catchingUp(now.Percent)
	case Live:
	}
	ranked := rank(now.Sides)
	if len(ranked) == 0 || ranked[0].Posts == 0 {
		return sentence(KindNoPosts).noPosts(now.Over)
	}
	tied := tiedFirst(ranked)
	switch {
	case now.Over && len(tied) > 1:
		return sentence(KindFinalTie).endedLevel(tied)
	case now.Over:
		return sentence(KindFinal).won(ranked)
	case now.Silence >= DroughtAfter:
		return sentence(KindDrought).drought(now.Silence).standing(ranked, tied)
	case len(tied) > 1:
		return sentence(KindTie).level(tied)
	}
	leader, earlier := ranked[0], leaderOf(before.Sides)
	took := earlier != nil && earlier.ID != leader.ID
	switch {
	case took && now.LastChange.To == leader.ID && now.LastChange.Upset():
		return sentence(KindUpset).upset(leader, now.LastChange.Overcame)
	case took:
		return sentence(KindLeadChange).takesTheLead(ranked, *earlier)
	case before.BestMinute >= recordFrom && now.BestMinute > before.BestMinute:
		return sentence(KindRecord).record(now.BestMinute).standing(ranked, tied)
	}
	if percent, yes := surge(now.Sides); yes {
		return sentence(KindSurge).surge(percent).standing(ranked, tied)
	}
	return sentence(KindLead).leads(ranked)
}

// rank sorts by posts; equals stay in the contest's order.
func rank(sides []Side) []Side {
	ranked := make([]Side, 0, len(sides))
	for _, s := range sides {
		at := len(ranked)
		for at > 0 && ranked[at-1].Posts < s.Posts {
			at--
		}
		ranked = append(ranked, Side{})
		copy(ranked[at+1:], ranked[at:])
		ranked[at] = s
	}
	return ranked
}

func tiedFirst(ranked []Side) []Side {
	n := 1
	for n < len(ranked) && n < mentionedAtMost && ranked[n].Posts == ranked[0].Posts {
		n++
	}
	return ranked[:n]
}

// leaderOf is the side that is ahead of every other, or nil.
func leaderOf(sides []Side) *Side {
	ranked := rank(sides)
	if len(ranked) == 0 || ranked[0].Posts == 0 || len(tiedFirst(ranked)) > 1 {
		return nil
	}
	return &ranked[0]
}

// surge says by how many percent all teams together have become faster, when that is a lot.
func surge(sides []Side) (percent float64, yes bool) {
	var last, previous int64
	for _, s := range sides {
		if !s.Comparable {
			return 0, false
		}
		last, previous = last+s.Last10m, previous+s.Previous10m
	}
	if previous == 0 || last < surgeFrom || last < surgeFactor*previous {
		return 0, false
	}
	return change(last, previous), true
}

// trend is a team's change of pace in percent, when it is worth a word.
func (s Side) trend() (percent float64, yes bool) {
	if !s.Comparable || s.Previous10m == 0 || s.Last10m < trendFrom {
		return 0, false
	}
	percent = change(s.Last10m, s.Previous10m)
	return percent, percent >= trendPercent
}

func change(last, previous int64) float64 { return 100 * float64(last-previous) / float64(previous) }
