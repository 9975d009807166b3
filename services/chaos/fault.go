//go:build unix

package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"catsvdogs/services/chaos/plan"
)

// fault is something that breaks once.
type fault interface {
	// inject breaks it.
	inject(ctx context.Context) error
	// evidence returns what shows that it has happened, once it has. It waits for that while ctx lives.
	evidence(ctx context.Context) (string, error)
	// heal makes it whole again, also after an error of the others, and returns when it is.
	heal(ctx context.Context) error
}

// kind is a fault that can be chosen.
type kind struct {
	plan.Kind
	says string        // what it does, for people
	hold time.Duration // how long it lasts at least
	make func(s *scene, random *rand.Rand) fault
	// able says whether it can be had in a scene; nil for always.
	able func(s *scene) bool
}

// proveWithin bounds the wait for evidence. What another lane has broken may have to be healed first.
const proveWithin = 100 * time.Second

// healWithin bounds the healing; Elasticsearch starts within two minutes on a busy machine.
const healWithin = 4 * time.Minute

// outcome is what has become of a step.
type outcome struct {
	step           plan.Step
	says           string
	from, to       time.Duration // since the beginning
	evidence       string
	failed, stayed error // why it is not known to have happened; why it is not healed
}

// carryOut lets one step happen.
func (s *scene) carryOut(ctx context.Context, step plan.Step, k kind) outcome {
	o := outcome{step: step, says: k.says, from: s.said.since()}
	f := k.make(s, rand.New(rand.NewPCG(step.Seed, 0))) //nolint:gosec // choices, not secrets
	s.said.say(k.Name, "begins: %s", k.says)
	began := time.Now()
	proving, cancel := context.WithTimeout(ctx, proveWithin)
	defer cancel()
	if o.failed = f.inject(proving); o.failed == nil {
		o.evidence, o.failed = f.evidence(proving)
	}
	switch {
	case errors.Is(o.failed, errBroken):
		s.said.say(k.Name, "HAS BROKEN SOMETHING: %v", o.failed)
	case o.failed != nil:
		s.said.say(k.Name, "IS NOT KNOWN TO HAVE HAPPENED: %v", o.failed)
	default:
		s.said.say(k.Name, "happened: %s", o.evidence)
		pause(ctx, k.hold-time.Since(began))
	}
	healing, done := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
	defer done()
	if o.stayed = f.heal(healing); o.stayed != nil {
		s.said.say(k.Name, "IS NOT HEALED: %v", o.stayed)
	} else {
		s.said.say(k.Name, "healed")
	}
	o.to = s.said.since()
	return o
}
