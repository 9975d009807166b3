//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"catsvdogs/services/chaos/plan"
)

// ErrFound says that the run was carried out and something is not as it must be.
var ErrFound = errors.New("the run has found something")

// Run lets a plan of faults happen to a product of its own and takes the account. Its error wraps ErrFound where the account
// does not balance, a fault did not demonstrably happen or was not healed, or a process panicked. It takes the plan's length and
// some two minutes.
func Run(ctx context.Context, cfg Config) (err error) {
	if cfg.List {
		return list(cfg)
	}
	said := newTimeline(cfg.Out)
	s := &scene{cfg: cfg, said: said}
	if cfg.Plan {
		return printPlan(cfg)
	}
	if s.dir, err = os.MkdirTemp("", "catsvdogs-chaos-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	// Elasticsearch, which is not root, has its disk below.
	if err := os.Chmod(s.dir, 0o711); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() {
		keep := err != nil
		if keep {
			said.say("end", "what the processes said is in %s", s.logs())
		}
		err = errors.Join(err, s.close(keep))
	}()
	said.say("prepare", "building the product, starting %d brokers, Elasticsearch and MinIO", cfg.Brokers)
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	said.say("prepare", "documents arrive")
	r := s.perform(ctx)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("interrupted: %w", err)
	}
	said.say("end", "the plan has happened; the source stops, and all is to settle")
	if err := s.settle(ctx); err != nil {
		r.wrong = append(r.wrong, fmt.Sprintf("it does not settle: %v", err))
	}
	if posts, err := s.searchEverything(ctx); err != nil {
		r.wrong = append(r.wrong, fmt.Sprintf("what the source has cannot be asked for: %v", err))
	} else {
		r.proven = append(r.proven, fmt.Sprintf("The source's search found %d posts in the end, which the account demands as well.", posts))
	}
	said.say("end", "taking the account")
	if r.account, err = s.takeAccount(ctx); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(cfg.Out, r.account.table)
	if counts, err := s.comparePage(ctx, pageWithin); err != nil {
		r.wrong = append(r.wrong, err.Error())
	} else {
		r.proven = append(r.proven, "The live page counts what the index has: "+counts+".")
	}
	r.look(s)
	if cfg.Report != "" {
		if err := os.WriteFile(cfg.Report, []byte(r.markdown(cfg)), 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	_, _ = fmt.Fprintln(cfg.Out, r.summary(cfg))
	if len(r.wrong) > 0 {
		return fmt.Errorf("%w; the same again: %s", ErrFound, cfg.replay())
	}
	return nil
}

// chosen are the kinds that the configuration asks for.
func (c Config) chosen() []kind {
	all := catalogue()
	if len(c.Only) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(k kind) bool { return !slices.Contains(c.Only, k.Name) })
}

// planFor returns the plan and what has no place in it.
func planFor(cfg Config, kinds []kind) (steps []plan.Step, left []plan.Kind) {
	var all []plan.Kind
	for _, k := range kinds {
		all = append(all, k.Kind)
	}
	return plan.Make(cfg.Seed, cfg.length(), all)
}

// perform lets the plan happen. Lanes go side by side, each in its order.
func (s *scene) perform(ctx context.Context) *result {
	kinds := s.cfg.chosen()
	r := &result{}
	// A plan follows from seed and length; what this machine cannot have is left out of it without changing the rest.
	steps, left := planFor(s.cfg, kinds)
	for _, k := range left {
		r.left = append(r.left, k.Name)
	}
	lanes := map[string][]plan.Step{}
	by := map[string]kind{}
	for _, k := range kinds {
		by[k.Name] = k
	}
	for _, step := range steps {
		k := by[step.Kind.Name]
		if k.able != nil && !k.able(s) {
			if !slices.Contains(r.unable, k.Name) {
				r.unable = append(r.unable, k.Name)
			}
			continue
		}
		lanes[step.Kind.Lane] = append(lanes[step.Kind.Lane], step)
	}
	s.said.begin()
	s.said.say("plan", "seed %d, %v minutes: %d faults; the same again: %s", s.cfg.Seed, s.cfg.Minutes, len(steps), s.cfg.replay())
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, lane := range lanes {
		all.Go(func() {
			for _, step := range lane {
				pause(ctx, step.At-s.said.since())
				// A lane that others have held up ends in time; what it does not come to was planned and fails the run only if
				// it is essential.
				if ctx.Err() != nil {
					return
				}
				if s.said.since() > s.cfg.length()+lateness {
					mu.Lock()
					r.late = append(r.late, step.Kind.Name)
					mu.Unlock()
					continue
				}
				o := s.carryOut(ctx, step, by[step.Kind.Name])
				mu.Lock()
				r.outcomes = append(r.outcomes, o)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.SortFunc(r.outcomes, func(a, b outcome) int { return int(a.from - b.from) })
	r.took = s.said.since()
	return r
}

// lateness is how much later than planned a fault may still begin.
const lateness = 30 * time.Second
