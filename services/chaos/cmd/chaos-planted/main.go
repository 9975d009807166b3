//go:build unix

// Command chaos-planted plants bugs in the code of the product and demands that a run of chaos finds each; `make chaos-planted` runs
// it from the root of the repository. Its exit status is 1 when one is not found, or when a run without any finds something.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"catsvdogs/services/chaos/planted"
	"catsvdogs/services/chaos/volume"
	"catsvdogs/services/e2e/supervise"
)

func main() {
	supervise.Main()
	if done, status := volume.Enclose(); done {
		os.Exit(status)
	}
	only := flag.String("only", "", "names of bugs, with commas in between; the report is left as it is")
	report := flag.String("report", "docs/chaos-planted.md", "where the report goes")
	seed := flag.Uint64("seed", 1, "what the plans follow from")
	atOnce := flag.Int("at-once", 1, "runs side by side, each with servers of its own")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *only, *report, *seed, *atOnce)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos-planted:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("not every bug was found")

func run(ctx context.Context, only, report string, seed uint64, atOnce int) error {
	bugs := planted.Bugs()
	if only != "" {
		names := strings.Split(only, ",")
		bugs = slices.DeleteFunc(bugs, func(b planted.Bug) bool { return !slices.Contains(names, b.Name) })
		if len(bugs) != len(names) {
			return fmt.Errorf("there are %d of the bugs %s", len(bugs), only)
		}
	}
	var results []planted.Result
	failed := 0
	err := planted.Prove(ctx, ".", bugs, seed, atOnce, os.Stdout, func(r planted.Result) {
		fmt.Println(r.Line())
		if r.Verdict != planted.Found {
			failed++
			fmt.Println(r.Detail)
		}
		results = append(results, r)
	})
	if err != nil {
		return err
	}
	place := func(r planted.Result) int {
		return slices.IndexFunc(bugs, func(b planted.Bug) bool { return b.Name == r.Bug.Name })
	}
	slices.SortFunc(results, func(a, b planted.Result) int { return place(a) - place(b) })
	for i := range results {
		fmt.Println(results[i].Line())
	}
	if only == "" {
		if err := os.WriteFile(report, []byte(planted.Report(results)), 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	fmt.Printf("%d of %d bugs were found\n", len(results)-failed, len(results))
	if failed > 0 {
		return errFailed
	}
	return nil
}
