package faultplan_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/simulator/faultplan"
)

const yamlPlan = `
- at: 1m
  fault: connect_429
  variant: code_88
  times: 3
- at: 10s
  fault: reset
- at: 2m
  fault: clean_close
  on_for: 30s
  count: 20
- at: 3m
  fault: stall_silent
  for: 25s
`

const jsonPlan = `[{"at":"1m","fault":"connect_429","variant":"code_88","times":3},{"at":"10s","fault":"reset"},
 {"at":"2m","fault":"clean_close","on_for":"30s","count":20},{"at":"3m","fault":"stall_silent","for":"25s"}]`

func TestAPlanIsTheSameInYAMLAndInJSON(t *testing.T) {
	t.Parallel()
	want := []faultplan.Step{
		{At: 10 * time.Second, Order: faultplan.Order{Name: faultplan.Reset, Times: 1}},
		{At: time.Minute, Order: faultplan.Order{Name: faultplan.Connect429, Variant: "code_88", Times: 3}},
		{At: 2 * time.Minute, Order: faultplan.Order{Name: faultplan.CleanClose, On: true, Count: 20}},
		{At: 150 * time.Second, Order: faultplan.Order{Name: faultplan.CleanClose}, Off: true},
		{At: 3 * time.Minute, Order: faultplan.Order{Name: faultplan.StallSilent, Times: 1, For: 25 * time.Second}},
	}
	for _, plan := range []string{yamlPlan, jsonPlan} {
		got, err := faultplan.ParseScript(strings.NewReader(plan))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestEveryMistakeInAPlanIsNamed(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string][]string{
		"- at: 1s\n  fault: nothing\n- at: 1s\n  fault: reset\n  count: 3": {`step 1`, `no fault "nothing"`, "stall_silent", "step 2", "count 3"},
		"- at: 1s\n  fault: connect_402\n  variant: x":                     {`no variant "x"`, "credits_depleted"},
		"- at: 1s\n  fault: reset\n  variant: x":                           {"no variants"},
		"- at: 1s\n  fault: reset\n  times: 1001":                          {"times 1001"},
		"- at: 1s\n  fault: reset\n  for: 3s":                              {"for 3s"},
		"- at: 1s\n  fault: reset\n  times: 2\n  on_for: 3s":               {"either times or on_for"},
		"- at: -1s\n  fault: reset":                                        {"before the start"},
		"- at: soon\n  fault: reset":                                       {"soon"},
		"- at: 1s\n  fault: reset\n  color: red":                           {"color"},
		"{}":                                                               {"fault order"},
		strings.Repeat(" ", 1<<20) + "#":                                   {"larger"},
	} {
		_, err := faultplan.ParseScript(strings.NewReader(plan))
		if !errors.Is(err, faultplan.ErrOrder) {
			t.Errorf("%.60q: %v", plan, err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%.60q: %q is not in %v", plan, part, err)
			}
		}
	}
	if steps, err := faultplan.ParseScript(strings.NewReader("")); err != nil || len(steps) != 0 {
		t.Errorf("an empty plan: %v, %v", steps, err)
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add(yamlPlan)
	f.Add(jsonPlan)
	f.Add("- at: 1s")
	f.Fuzz(func(t *testing.T, plan string) {
		steps, err := faultplan.ParseScript(strings.NewReader(plan))
		if err != nil {
			return
		}
		for i, s := range steps {
			if !s.Off && s.Check() != nil || s.At < 0 || i > 0 && s.At < steps[i-1].At {
				t.Fatalf("step %d of %q: %+v", i, plan, s)
			}
		}
	})
}

func TestDrawsFollowFromTheSeedAndHaveTheirRate(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) (steps []faultplan.Step) {
		d := faultplan.NewDraws(seed, 30)
		for range 3000 {
			steps = append(steps, d.Next())
		}
		return steps
	}
	a := draw(1)
	if !reflect.DeepEqual(a, draw(1)) || reflect.DeepEqual(a, draw(2)) {
		t.Error("draws do not follow from the seed")
	}
	seen := map[faultplan.Name]bool{}
	for _, s := range a {
		seen[s.Name] = true
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range faultplan.OfLookups() {
		if _, known := faultplan.Find(f.Name); seen[f.Name] || !known {
			t.Errorf("%s: drawn %v, known %v", f.Name, seen[f.Name], known)
		}
	}
	if len(seen) != len(faultplan.Catalogue()) {
		t.Errorf("%d faults are drawn, there are %d", len(seen), len(faultplan.Catalogue()))
	}
	if rate := 3000 / a[2999].At.Minutes(); rate < 27 || rate > 33 {
		t.Errorf("%.1f faults a minute, want 30", rate)
	}
}

func TestABoardCountsOnlyWhatHasFired(t *testing.T) {
	t.Parallel()
	changes, fired := 0, 0
	b := faultplan.NewBoard(func() { changes++ }, func(faultplan.Name) { fired++ })
	give := func(o faultplan.Order) {
		t.Helper()
		if err := b.Give(o); err != nil {
			t.Fatal(err)
		}
	}
	state := func(name faultplan.Name) faultplan.State {
		for _, s := range b.State() {
			if s.Name == name {
				return s
			}
		}
		return faultplan.State{}
	}
	give(faultplan.Order{Name: faultplan.HalfOpen, Times: 3})
	for _, want := range []string{"stream", "connect", "stream"} { // each variant in its turn
		if next, ok := b.Next(faultplan.HalfOpen); !ok || next.Variant != want {
			t.Errorf("%+v, want %s", next, want)
		}
		if act, ok := b.Take(faultplan.HalfOpen); !ok || act.Variant != want {
			t.Errorf("%+v, want %s", act, want)
		}
	}
	if _, ok := b.Take(faultplan.HalfOpen); ok || state(faultplan.HalfOpen).Fired != 0 {
		t.Error("three times is three times, and taken is not fired")
	}
	b.Fired(faultplan.HalfOpen)
	give(faultplan.Order{Name: faultplan.CleanClose, On: true, Count: 4})
	give(faultplan.Order{Name: faultplan.CleanClose, Times: 1})
	if act, _ := b.Take(faultplan.CleanClose); act.Standing || act.Count != 10 {
		t.Errorf("%+v: what fires once comes before what is on", act)
	}
	for range 5 {
		if act, ok := b.Take(faultplan.CleanClose); !ok || !act.Standing || act.Count != 4 {
			t.Errorf("%+v, %v", act, ok)
		}
	}
	b.Off(faultplan.CleanClose)
	if _, ok := b.Take(faultplan.CleanClose); ok || b.On(faultplan.CleanClose) {
		t.Error("off, and on")
	}
	for range 150 {
		give(faultplan.Order{Name: faultplan.Reset, Times: 2})
	}
	if s := state(faultplan.Reset); s.Waiting != 200 || s.Dropped != 100 {
		t.Errorf("%+v: want 200 waiting and 100 dropped", s)
	}
	b.Clear()
	if s := state(faultplan.Reset); s.Waiting != 0 || state(faultplan.HalfOpen).Fired != 1 || fired != 1 || changes != 155 {
		t.Errorf("%+v, %d fired, %d changes", s, fired, changes)
	}
}
