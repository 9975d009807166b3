package plan

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var kinds = []Kind{
	{Name: "kill", Lane: "enricher", Takes: 5 * time.Second},
	{Name: "freeze", Lane: "enricher", Takes: 20 * time.Second},
	{Name: "crash", Lane: "enricher", Takes: 10 * time.Second, Essential: true},
	{Name: "down", Lane: "index", Takes: 40 * time.Second},
	{Name: "slow", Lane: "index", Takes: 10 * time.Second},
}

func TestThePlanFollowsFromSeedAndLength(t *testing.T) {
	t.Parallel()
	first, _ := Make(7, 3*time.Minute, kinds)
	again, _ := Make(7, 3*time.Minute, kinds)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed gives another plan:\n%s", diff)
	}
	other, _ := Make(8, 3*time.Minute, kinds)
	if cmp.Equal(first, other) {
		t.Error("another seed gives the same plan")
	}
}

func TestFaultsOfALaneDoNotOverlapAndThoseOfOthersDo(t *testing.T) {
	t.Parallel()
	overlaps := 0
	for seed := range uint64(200) {
		steps, _ := Make(seed, 4*time.Minute, kinds)
		if !slices.IsSortedFunc(steps, func(a, b Step) int { return int(a.At - b.At) }) {
			t.Fatalf("seed %d: not in the order of time: %v", seed, steps)
		}
		for i, a := range steps {
			if a.At < shortestPause || a.At+a.Kind.Takes > 4*time.Minute {
				t.Errorf("seed %d: %v is not within the run", seed, a)
			}
			for _, b := range steps[i+1:] {
				together := b.At < a.At+a.Kind.Takes
				if together && a.Kind.Lane == b.Kind.Lane {
					t.Errorf("seed %d: %v and %v overlap", seed, a, b)
				}
				if together {
					overlaps++
				}
			}
		}
	}
	if overlaps == 0 {
		t.Error("nothing ever overlaps")
	}
}

func TestALongPlanConnectsNoMoreThanTheSourceLetsIn(t *testing.T) {
	t.Parallel()
	connecting := []Kind{
		{Name: "kill", Lane: "ingest", Takes: 5 * time.Second, Connects: 1}, {Name: "crash", Lane: "ingest", Takes: 5 * time.Second, Connects: 2},
		{Name: "refuse", Lane: "source", Takes: 15 * time.Second, Connects: 3}, {Name: "slow", Lane: "source", Takes: 5 * time.Second},
		{Name: "down", Lane: "index", Takes: 5 * time.Second},
	}
	for seed := range uint64(50) {
		steps, left := Make(seed, time.Hour, connecting)
		if len(left) > 0 {
			t.Errorf("seed %d: %v is left out", seed, left)
		}
		for i, from := range steps {
			connects := 0
			for _, s := range steps[i:] {
				if s.At < from.At+15*time.Minute+30*time.Second {
					connects += s.Kind.Connects
				}
			}
			if connects > 50 {
				t.Fatalf("seed %d: %d connects from %s on", seed, connects, from.At)
			}
		}
		if !slices.ContainsFunc(steps, func(s Step) bool { return s.Kind.Connects > 0 && s.At > 55*time.Minute }) {
			t.Errorf("seed %d: none connects in the end", seed)
		}
		short, _ := Make(seed, 2*time.Minute, connecting)
		if n := len(short); n < 15 {
			t.Errorf("seed %d: a short plan has %d steps", seed, n)
		}
	}
}

func TestEssentialFaultsComeFirst(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		steps, _ := Make(seed, time.Minute, kinds)
		first := slices.IndexFunc(steps, func(s Step) bool { return s.Kind.Lane == "enricher" })
		if first < 0 || steps[first].Kind.Name != "crash" {
			t.Errorf("seed %d begins with %v", seed, steps)
		}
	}
}

func TestWhatHasNoPlaceInThePlanIsNamed(t *testing.T) {
	t.Parallel()
	for length, want := range map[time.Duration][]string{
		10 * time.Second: {"kill", "freeze", "crash", "down", "slow"},
		2 * time.Minute:  {"down"}, // a third of it
		10 * time.Minute: nil,
	} {
		steps, left := Make(1, length, kinds)
		var names []string
		for _, k := range left {
			names = append(names, k.Name)
			if slices.ContainsFunc(steps, func(s Step) bool { return s.Kind.Name == k.Name }) {
				t.Errorf("%v: %s is in the plan", length, k.Name)
			}
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("%v (-want, +got):\n%s", length, diff)
		}
	}
}
