package faultplan

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
)

const (
	maxScript = 1 << 20
	maxSteps  = 10_000
)

// Step orders a fault, or switches it on or off, at a time after the start.
type Step struct {
	At time.Duration
	Order
	// Off takes back an order to be on.
	Off bool
}

// scripted is a step as it is written:
//
//   - at: 10s          # after the start
//     fault: reset
//   - at: 1m
//     fault: connect_429
//     variant: code_88 # else each in its turn
//     times: 3         # else once
//   - at: 2m
//     fault: clean_close
//     on_for: 30s      # at every occasion for so long
//     count: 20        # posts
//   - at: 3m
//     fault: stall_silent
//     for: 25s         # how long it lasts each time
type scripted struct {
	At      duration `yaml:"at"`
	Fault   Name     `yaml:"fault"`
	Variant string   `yaml:"variant"`
	Times   int      `yaml:"times"`
	OnFor   duration `yaml:"on_for"`
	Count   int      `yaml:"count"`
	For     duration `yaml:"for"`
}

type duration time.Duration

// UnmarshalText reads what [time.ParseDuration] reads.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read %q as a duration such as 10s: %w", text, err)
	}
	*d = duration(parsed)
	return nil
}

// ParseScript reads a list of steps in YAML, of which JSON is a part, and
// returns them in the order of their times. All mistakes are told at once; at
// most 1 MiB and 10,000 steps are taken.
func ParseScript(r io.Reader) ([]Step, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	if err != nil {
		return nil, fmt.Errorf("read the fault plan: %w", err)
	}
	if len(text) > maxScript {
		return nil, fmt.Errorf("%w: the plan is larger than %d bytes", ErrOrder, maxScript)
	}
	list, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrder, err)
	}
	if len(list) > maxSteps {
		return nil, fmt.Errorf("%w: more than %d steps", ErrOrder, maxSteps)
	}
	var steps []Step
	var wrong []error
	for i, s := range list {
		more, err := s.steps()
		if err != nil {
			wrong = append(wrong, fmt.Errorf("step %d: %w", i+1, err))
		}
		steps = append(steps, more...)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps, nil
}

// decode reads YAML. The library panics on some tags, such as that of "! 0".
func decode(text []byte) (list []scripted, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			list, err = nil, fmt.Errorf("it is no YAML that can be read: %v", fault)
		}
	}()
	in := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := in.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return list, nil
}

func (s scripted) steps() ([]Step, error) {
	at, on := time.Duration(s.At), time.Duration(s.OnFor)
	o := Order{Name: s.Fault, Variant: s.Variant, Times: s.Times, On: on > 0, Count: s.Count, For: time.Duration(s.For)}
	if !o.On && o.Times == 0 {
		o.Times = 1
	}
	var wrong error
	switch {
	case at < 0 || on < 0:
		wrong = fmt.Errorf("%w: %s: a time before the start", ErrOrder, o.Name)
	case o.On && s.Times != 0:
		wrong = fmt.Errorf("%w: %s: give either times or on_for", ErrOrder, o.Name)
	}
	if err := errors.Join(o.Check(), wrong); err != nil {
		return nil, err
	}
	steps := []Step{{At: at, Order: o}}
	if o.On {
		steps = append(steps, Step{At: at + on, Order: Order{Name: o.Name}, Off: true})
	}
	return steps, nil
}
