// Package headline writes one English sentence about a contest that reacts to what has just happened. It is a pure
// function of how the contest stands now and how it stood a moment ago, for each measure: posts, and popularity. Which event wins is decided here, every word
// that people read is in words.go; it owns no numbers and no clock.
package headline

import (
	"cmp"
	"slices"
	"time"
)

// Phase says how much of the past the numbers cover.
type Phase int

// Phases.
const (
	Live       Phase = iota
	Waiting          // there are no numbers yet
	CatchingUp       // the numbers are too low
	CutOff           // nobody tells what comes: the numbers are old, and silence means nothing
)

// Thresholds at which something is worth saying. They are low enough for a contest of one post a minute and high enough
// that a busy one does not cry wolf.
const (
	DroughtAfter    = 10 * time.Minute
	recordFrom      = 20   // posts a minute that a record must beat; the first posts of a day are all records
	surgeFrom       = 50   // posts in ten minutes
	surgeFactor     = 2    // of the ten minutes before
	trendFrom       = 10   // posts in ten minutes of the team that the trend is about
	previousFrom    = 10   // posts in the ten minutes before: a change from next to nothing is any percentage
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
	Comparable           bool  // the two tell something: see rollup.Pace

	Popularity float64 // 0 or more
	Growth     float64 // of the engagement, an hour
	Grown      bool    // Growth is known
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
	Unknown bool // nothing was collected on the day

	Age time.Duration // of the numbers, while cut off

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
	KindCutOff     Kind = "cut_off"
	KindNoPosts    Kind = "no_posts"
	KindNoNumbers  Kind = "no_numbers"
	KindNoLikes    Kind = "no_likes"
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
	if said, yes := noContest(now); yes {
		return said
	}
	ranked := rank(now.Sides, byPosts)
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
	return sentence(KindLead).leads(ranked, before.Sides)
}

// noContest is the sentence where there is nothing to compare.
func noContest(now State) (Sentence, bool) {
	switch {
	case now.Phase == Waiting:
		return sentence(KindWaiting).say(waiting), true
	case now.Phase == CatchingUp:
		return sentence(KindCatchingUp).catchingUp(now.Percent), true
	case now.Phase == CutOff && !now.Over:
		return sentence(KindCutOff).cutOff(now.Age), true
	}
	for _, side := range now.Sides {
		if side.Posts > 0 {
			return Sentence{}, false
		}
	}
	if now.Unknown && now.Over {
		return sentence(KindNoNumbers).say(noNumbers), true
	}
	return sentence(KindNoPosts).noPosts(now.Over), true
}

// byPosts compares by posts.
func byPosts(a, b Side) int { return cmp.Compare(b.Posts, a.Posts) }

// rank sorts; equals stay in the contest's order.
func rank(sides []Side, by func(a, b Side) int) []Side {
	ranked := slices.Clone(sides)
	slices.SortStableFunc(ranked, by)
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
	ranked := rank(sides, byPosts)
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
	if previous < previousFrom || last < surgeFrom || last < surgeFactor*previous {
		return 0, false
	}
	return change(last, previous), true
}

// trend is a team's change of pace in percent, when it is worth a word.
func (s Side) trend() (percent float64, yes bool) {
	if !s.Comparable || s.Previous10m < previousFrom || s.Last10m < trendFrom {
		return 0, false
	}
	percent = change(s.Last10m, s.Previous10m)
	return percent, percent >= trendPercent
}

// gap is how far second is behind first among the sides of another moment; false when one of them is not there.
func gap(sides []Side, first, second string) (posts int64, ok bool) {
	found := 0
	for _, s := range sides {
		switch s.ID {
		case first:
			posts, found = posts+s.Posts, found+1
		case second:
			posts, found = posts-s.Posts, found+1
		}
	}
	return posts, found == 2
}

func change(last, previous int64) float64 { return 100 * float64(last-previous) / float64(previous) }
