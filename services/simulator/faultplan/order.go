package faultplan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	maxTimes = 1000
	maxCount = 10_000
	maxFor   = 24 * time.Hour
)

// Order asks for a fault.
type Order struct {
	Name Name
	// Variant is one of the fault's; empty for each in its turn.
	Variant string
	// Times is how often it is to fire: from 1 to 1000.
	Times int
	// On lets it fire at every occasion until it is switched off; Times then
	// means nothing.
	On bool
	// Count (1 to 10,000) and For (to 24 h) replace the fault's own when they
	// are not 0.
	Count int
	For   time.Duration
}

// ErrOrder is in the chain of every error about an order that makes no sense.
var ErrOrder = errors.New("fault order")

// Check tells all that is wrong with an order. The error is an [ErrOrder].
func (o Order) Check() error {
	f, ok := Find(o.Name)
	if !ok {
		return fmt.Errorf("%w: there is no fault %q; the faults are %s", ErrOrder, o.Name, strings.Join(names(), ", "))
	}
	var wrong []error
	mistake := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%w: %s: %s", ErrOrder, o.Name, fmt.Sprintf(format, args...)))
	}
	if o.Variant != "" && !slices.Contains(f.Variants, o.Variant) {
		if len(f.Variants) == 0 {
			mistake("it has no variants, so %q cannot be one", o.Variant)
		} else {
			mistake("no variant %q; it has %s", o.Variant, strings.Join(f.Variants, ", "))
		}
	}
	if !o.On && (o.Times < 1 || o.Times > maxTimes) {
		mistake("times %d is not from 1 to %d", o.Times, maxTimes)
	}
	if o.Count < 0 || o.Count > maxCount || o.Count > 0 && f.Count == 0 {
		mistake("count %d: give 1 to %d, and only to a fault that has a count", o.Count, maxCount)
	}
	if o.For < 0 || o.For > maxFor || o.For > 0 && f.For == 0 {
		mistake("for %v: give up to %v, and only to a fault that lasts", o.For, maxFor)
	}
	return errors.Join(wrong...)
}

func names() []string {
	var listed []string
	for _, f := range all() {
		listed = append(listed, string(f.Name))
	}
	return listed
}

// Act is one firing of a fault, with everything filled in.
type Act struct {
	Name    Name
	Variant string
	Count   int
	For     time.Duration
	// Standing says that the fault is switched on: one that lasts then lasts
	// until it is switched off, see [Board.On].
	Standing bool
}
