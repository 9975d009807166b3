// Command planted plants faults in the code of the product and demands that tests catch each; `make test-planted` runs it
// from the root of the repository. Its exit status is 1 when one survives, does not compile or does not fit the code any
// more. It is a tool of those who change the product; nothing that runs needs it.
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

	"catsvdogs/services/e2e/planted"
)

func main() {
	only := flag.String("only", "", "names of faults, with commas in between; the report is left as it is")
	report := flag.String("report", "docs/planted.md", "where the report goes")
	verbose := flag.Bool("v", false, "show what the tests say that catch a fault")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *only, *report, *verbose)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("not every fault was caught")

func run(ctx context.Context, only, report string, verbose bool) error {
	faults, err := selected(only)
	if err != nil {
		return err
	}
	var results []planted.Result
	failed := 0
	err = planted.Prove(ctx, ".", faults, func(line string) { fmt.Println(line) }, func(r planted.Result) {
		fmt.Println(r.Line())
		if r.Verdict != planted.Caught {
			failed++
		}
		if verbose || r.Verdict != planted.Caught && r.Detail != "" {
			fmt.Println(r.Detail)
		}
		results = append(results, r)
	})
	if err != nil {
		return err
	}
	if only == "" {
		if err := os.WriteFile(report, []byte(planted.Report(results)), 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	fmt.Printf("%d of %d faults were caught\n", len(results)-failed, len(results))
	if failed > 0 {
		return errFailed
	}
	return nil
}

// selected returns the faults of these names, all for none.
func selected(only string) ([]planted.Fault, error) {
	all := planted.Faults()
	if only == "" {
		return all, nil
	}
	var chosen []planted.Fault
	for name := range strings.SplitSeq(only, ",") {
		at := slices.IndexFunc(all, func(f planted.Fault) bool { return f.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no fault %q", name)
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}
