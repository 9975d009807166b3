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
	// Connects is how often it has ingest connect to the source, which lets only so many connects in.
	Connects int
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
		steps = append(steps, fill(random, length, by[lane])...)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	steps = thin(steps)
	for _, s := range steps {
		placed[s.Kind.Name] = true
	}
	for _, k := range kinds {
		if !placed[k.Name] {
			left = append(left, k)
		}
	}
	return steps, left
}

// X lets an app connect 50 times in 15 minutes (https://docs.x.com/x-api/fundamentals/rate-limits), and ingest keeps to that: beyond
// it waits, and no fault of the source is met. So a plan has less than that, and where it must leave some out, they come evenly.
const (
	mostConnects   = 42
	connectsAtOnce = 12
	connectsRefill = 15*time.Minute/(mostConnects-connectsAtOnce) + time.Second // one more after so long
	kept           = 8                                                          // of those at once, for kinds that have not been yet
)

// thin leaves steps out of a plan that connects too often, those of kinds that were before first.
func thin(steps []Step) (some []Step) {
	all := 0
	for _, s := range steps {
		all += s.Kind.Connects
	}
	if all <= mostConnects {
		return steps
	}
	seen := map[string]bool{}
	left, at := float64(connectsAtOnce), time.Duration(0)
	for _, s := range steps {
		left = min(connectsAtOnce, left+float64(s.At-at)/float64(connectsRefill))
		at = s.At
		needs := float64(s.Kind.Connects)
		if needs > 0 {
			if spare := left - needs; spare < 0 || seen[s.Kind.Name] && spare < kept {
				continue
			}
			left -= needs
			seen[s.Kind.Name] = true
		}
		some = append(some, s)
	}
	return some
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
