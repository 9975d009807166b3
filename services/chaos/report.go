//go:build unix

package chaos

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// result is what a run has found.
type result struct {
	outcomes []outcome
	left     []string // kinds that have no place in a plan of this length
	unable   []string // kinds that this machine cannot have
	late     []string // steps that never began, because those before them took too long
	took     time.Duration
	account  account
	wrong    []string // what fails the run
	proven   []string // what else was looked at and is well
	byself   []string // processes that ended by themselves
}

// look decides what is wrong.
func (r *result) look(s *scene) {
	for _, o := range r.outcomes {
		switch {
		case errors.Is(o.failed, errBroken):
			r.wrong = append(r.wrong, fmt.Sprintf("%s: %v", o.step.Kind.Name, o.failed))
		case o.failed != nil:
			r.wrong = append(r.wrong, fmt.Sprintf("%s is not known to have happened: %v", o.step.Kind.Name, o.failed))
		}
		if o.stayed != nil {
			r.wrong = append(r.wrong, fmt.Sprintf("%s is not healed: %v", o.step.Kind.Name, o.stayed))
		}
	}
	if len(r.outcomes) == 0 {
		r.wrong = append(r.wrong, "nothing was broken")
	}
	if !r.account.balanced {
		r.wrong = append(r.wrong, "the account does not balance")
	}
	for _, i := range s.instances {
		if p := i.panicked(); p != "" {
			r.wrong = append(r.wrong, i.name+": "+p)
		}
		for _, status := range i.ends() {
			r.byself = append(r.byself, i.name+": "+status)
		}
	}
	slices.Sort(r.byself)
}

// summary is the end of what a run prints.
func (r *result) summary(cfg Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d faults of %d kinds have happened in %.0f s.", len(r.outcomes), len(r.kinds()), r.took.Seconds())
	if len(r.late) > 0 {
		fmt.Fprintf(&b, " %d never began, because those before them took long: %s.", len(r.late), strings.Join(r.late, ", "))
	}
	if len(r.left) > 0 {
		fmt.Fprintf(&b, " %d kinds want a longer run.", len(r.left))
	}
	if len(r.unable) > 0 {
		fmt.Fprintf(&b, " Not to be had here: %s.", strings.Join(r.unable, ", "))
	}
	for _, w := range r.wrong {
		fmt.Fprintf(&b, "\nWRONG: %s", w)
	}
	for _, p := range r.proven {
		b.WriteString("\n" + p)
	}
	if len(r.wrong) == 0 {
		b.WriteString("\nNothing was lost, doubled or let in: the account balances.")
	}
	fmt.Fprintf(&b, "\nThe same again: %s", cfg.replay())
	return b.String()
}

func (r *result) kinds() []string {
	var names []string
	for _, o := range r.outcomes {
		names = append(names, o.step.Kind.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// markdown is the report. Nothing in it tells of the machine.
func (r *result) markdown(cfg Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# A run of chaos\n\n`%s`: Apache Kafka (%d brokers), Elasticsearch and MinIO, %v posts a second.\n\n", cfg.replay(), cfg.Brokers, cfg.Rate)
	fmt.Fprintf(&b, "%s\n\n## What happened\n\n| from | to | fault | evidence |\n|---:|---:|---|---|\n", strings.ReplaceAll(r.summary(cfg), "\n", "\n\n"))
	for _, o := range r.outcomes {
		evidence := o.evidence
		switch {
		case errors.Is(o.failed, errBroken):
			evidence = "**" + o.failed.Error() + "**"
		case o.failed != nil:
			evidence = "**not known to have happened**: " + o.failed.Error()
		}
		if o.stayed != nil {
			evidence += "; **not healed**: " + o.stayed.Error()
		}
		fmt.Fprintf(&b, "| %.0f s | %.0f s | `%s`: %s | %s |\n", o.from.Seconds(), o.to.Seconds(), o.step.Kind.Name, cell(o.says), cell(evidence))
	}
	fmt.Fprintf(&b, "\n## The account\n\n```\n%s\n```\n", strings.TrimSpace(r.account.table))
	if len(r.byself) > 0 {
		fmt.Fprintf(&b, "\n## Processes that ended by themselves and were started again\n\n- %s\n", strings.Join(r.byself, "\n- "))
	}
	if len(r.left) > 0 {
		fmt.Fprintf(&b, "\n## Kinds that want a longer run\n\n`%s`\n", strings.Join(r.left, "`, `"))
	}
	return b.String()
}

func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(text)
}

// list prints the catalogue.
func list(cfg Config) error {
	for _, k := range catalogue() {
		if _, err := fmt.Fprintf(cfg.Out, "%-36s %s (%s)\n", k.Name, k.says, k.Lane); err != nil {
			return fmt.Errorf("list the faults: %w", err)
		}
	}
	return nil
}

// printPlan prints what is going to happen.
func printPlan(cfg Config) error {
	steps, left := planFor(cfg, cfg.chosen())
	for _, s := range steps {
		if _, err := fmt.Fprintln(cfg.Out, s); err != nil {
			return fmt.Errorf("print the plan: %w", err)
		}
	}
	for _, k := range left {
		if _, err := fmt.Fprintln(cfg.Out, "wants a longer run:", k.Name); err != nil {
			return fmt.Errorf("print the plan: %w", err)
		}
	}
	return nil
}
