// Package plan says which faults happen when. A plan is a pure function of a seed, a time and the kinds of faults there are,
// so that a run can be had again. What a fault is, and whether it has happened, is not its business.
package plan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Kind is a fault as far as a plan is concerned.
type Kind struct {
	Name string
	// Lane is what the fault breaks. Faults of one lane follow each other, those of different lanes overlap as it comes.
	Lane string
	// Takes is about how long it is until what it breaks is whole again.
	Takes time.Duration
	// Essential kinds come before the others of their lane.
	Essential bool
}

// Step is a fault that is to happen.
type Step struct {
	At   time.Duration // since the beginning, at the earliest: it waits for the one before it in its lane
	Kind Kind
	Seed uint64 // for what the fault itself chooses
}

// String is the step as a line of a plan.
func (s Step) String() string { return fmt.Sprintf("%5.0f s  %s", s.At.Seconds(), s.Kind.Name) }

// Pauses in a lane: before its first fault and after each.
const (
	shortestPause = 2 * time.Second
	longestPause  = 6 * time.Second
	// share is the part of the time, one in so many, that one fault may take.
	share = 4
)

// Make returns a plan of this length, in the order of time, and the kinds that have no place in it: they take too long for
// it, or others took their place. The same arguments give the same plan. kinds have different names.
func Make(seed uint64, length time.Duration, kinds []Kind) (steps []Step, left []Kind) {
	random := rand.New(rand.NewPCG(seed, uint64(length))) //nolint:gosec // moments, not secrets
	var lanes []string
	by := map[string][]Kind{}
	for _, k := range kinds {
		if !slices.Contains(lanes, k.Lane) {
			lanes = append(lanes, k.Lane)
		}
		if k.Takes <= length/share {
			by[k.Lane] = append(by[k.Lane], k)
		}
	}
	placed := map[string]bool{}
	for _, lane := range lanes {
		for _, s := range fill(random, length, by[lane]) {
			placed[s.Kind.Name] = true
			steps = append(steps, s)
		}
	}
	for _, k := range kinds {
		if !placed[k.Name] {
			left = append(left, k)
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps, left
}

// fill puts faults into a lane: the essential ones, then the others, then all again, each time in another order.
func fill(random *rand.Rand, length time.Duration, kinds []Kind) (steps []Step) {
	if len(kinds) == 0 {
		return nil
	}
	at := pause(random)
	for round := 0; ; round++ {
		turn := slices.Clone(kinds)
		random.Shuffle(len(turn), func(i, j int) { turn[i], turn[j] = turn[j], turn[i] })
		if round == 0 {
			slices.SortStableFunc(turn, func(a, b Kind) int { return rank(a) - rank(b) })
		}
		for _, k := range turn {
			if at+k.Takes > length {
				return steps
			}
			steps = append(steps, Step{At: at, Kind: k, Seed: random.Uint64()})
			at += k.Takes + pause(random)
		}
	}
}

func rank(k Kind) int {
	if k.Essential {
		return 0
	}
	return 1
}

func pause(random *rand.Rand) time.Duration {
	return shortestPause + time.Duration(random.Int64N(int64(longestPause-shortestPause))).Truncate(100*time.Millisecond)
}
