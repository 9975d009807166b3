package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is a fault and when it is made, counted from when the demo is up.
type Step struct {
	Name  string
	After time.Duration
}

// ParsePlan reads steps as NAME@10s.
func ParsePlan(steps []string) ([]Step, error) {
	var plan []Step
	for _, text := range steps {
		name, after, timed := strings.Cut(text, "@")
		step := Step{Name: name}
		var err error
		if timed {
			step.After, err = time.ParseDuration(after)
		}
		if err != nil || name == "" || step.After < 0 {
			return nil, fmt.Errorf("%q is no step: give NAME@10s", text)
		}
		plan = append(plan, step)
	}
	slices.SortStableFunc(plan, func(a, b Step) int { return cmp.Compare(a.After, b.After) })
	return plan, nil
}

// Follow makes the faults of a plan until all are made or ctx ends. What cannot be made is told to failed, and the rest goes
// on.
func (b *Board) Follow(ctx context.Context, plan []Step, failed func(Step, error)) {
	began := time.Now()
	for _, step := range plan {
		wait := time.NewTimer(step.After - time.Since(began))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		if err := b.Make(ctx, step.Name); err != nil {
			failed(step, err)
		}
	}
}
