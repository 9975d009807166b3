//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/simulator/faultplan"
)

// slowToHeal are faults after which X wants a client to wait, or which it notices late.
var slowToHeal = map[faultplan.Name]time.Duration{
	faultplan.StallWithHeartbeats: 40 * time.Second,
	faultplan.StallSilent:         30 * time.Second,
	faultplan.HalfOpen:            30 * time.Second,
	faultplan.RulesSilentlyLost:   70 * time.Second,
	faultplan.StuckConnection:     70 * time.Second,
	faultplan.Connect401:          30 * time.Second,
	faultplan.Connect402:          30 * time.Second,
	faultplan.Connect403:          30 * time.Second,
	faultplan.Connect409:          30 * time.Second,
	faultplan.Connect429:          70 * time.Second,
	faultplan.Connect503:          15 * time.Second,
	faultplan.SlowAnswer:          15 * time.Second,
	faultplan.Lookup429:           20 * time.Second,
	faultplan.Lookup503:           15 * time.Second,
}

// sourceFaults are the simulator's own: all but what meets only a client that asks for gzip, which ingest does not.
func sourceFaults() (kinds []kind) {
	for _, f := range append(faultplan.Catalogue(), faultplan.OfLookups()...) {
		if f.Name == faultplan.GzipTruncated {
			continue
		}
		takes := slowToHeal[f.Name]
		if takes == 0 {
			takes = 7 * time.Second
		}
		lane, breaks := "source", 1
		if strings.HasPrefix(string(f.Name), "lookup_") {
			lane, breaks = "look-ups", 0
		}
		// Some are met only by a client that connects.
		connects := strings.HasPrefix(string(f.Name), "connect_") || f.Name == faultplan.SlowAnswer || f.Name == faultplan.StuckConnection
		if connects {
			breaks = 3 // it is refused, an ingest that ends of it is started again, and what it has then is closed
		}
		kinds = append(kinds, kind{
			Kind: plan.Kind{Name: "source-" + strings.ReplaceAll(string(f.Name), "_", "-"), Lane: lane, Takes: takes, Connects: breaks},
			says: "the source: " + f.Description,
			make: func(s *scene, _ *rand.Rand) fault {
				return &sourceFault{scene: s, name: string(f.Name), connects: connects}
			},
		})
	}
	return kinds
}

// sourceFault is ordered once from the simulator, which says when it has happened.
type sourceFault struct {
	*scene
	name     string
	connects bool
	before   int64
}

func (f *sourceFault) order(ctx context.Context, name, body string) error {
	return askJSON(ctx, http.MethodPost, f.simulator+"/simulator/v1/faults/"+name, body, nil)
}

func (f *sourceFault) inject(ctx context.Context) error {
	counts, err := f.fired(ctx)
	if err != nil {
		return err
	}
	f.before = counts[f.name]
	body := ""
	switch faultplan.Name(f.name) {
	case faultplan.Connect429, faultplan.Lookup429, faultplan.StuckConnection:
		body = `{"for":"10s"}` // X's own minute would be the whole run
	case faultplan.StallWithHeartbeats:
		body = `{"for":"25s"}`
	}
	if err := f.order(ctx, f.name, body); err != nil {
		return err
	}
	if f.connects {
		return f.order(ctx, string(faultplan.CleanClose), `{"count":1}`)
	}
	return nil
}

func (f *sourceFault) evidence(ctx context.Context) (string, error) {
	err := await(ctx, proveWithin, "the simulator to say that it has happened", func(ctx context.Context) error {
		counts, err := f.fired(ctx)
		if err == nil && counts[f.name] == f.before {
			err = errors.New("it has not")
		}
		return err
	})
	return fmt.Sprintf("the simulator has counted %s", f.name), err
}

// heal forgets what may still wait.
func (f *sourceFault) heal(ctx context.Context) error {
	return askJSON(ctx, http.MethodDelete, f.simulator+"/simulator/v1/faults/"+f.name, "", nil)
}

// fired is how often each fault of the source has happened, as the simulator counts them.
func (s *scene) fired(ctx context.Context) (map[string]int64, error) {
	var answer struct {
		Faults []struct {
			Name  string
			Fired int64
		}
	}
	if err := askJSON(ctx, http.MethodGet, s.simulator+"/simulator/v1/faults", "", &answer); err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, f := range answer.Faults {
		counts[f.Name] = f.Fired
	}
	return counts, nil
}
