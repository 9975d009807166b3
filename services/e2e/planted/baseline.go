package planted

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds on the time of one package's tests: a fault may make them wait for what never comes, and how long they take
// without it tells how fast this machine is at the moment.
const (
	baselineWithin = 10 * time.Minute
	leastWithin    = 20 * time.Second
	slowerTimes    = 5
)

// baseline is what the tests do without a fault.
type baseline struct {
	passes map[[2]string]bool       // by package and name
	within map[string]time.Duration // by package, how long they may take with one
}

// measure runs every named test without a fault, once.
func measure(ctx context.Context, root string, faults []Fault, log func(string)) (baseline, error) {
	var packages []string
	named := map[string][]string{}
	for _, f := range faults {
		for _, t := range f.Tests {
			if named[t.Package] == nil {
				packages = append(packages, t.Package)
			}
			named[t.Package] = append(named[t.Package], t.Names...)
		}
	}
	without := baseline{passes: map[[2]string]bool{}, within: map[string]time.Duration{}}
	for _, p := range packages {
		names := slices.Compact(slices.Sorted(slices.Values(named[p])))
		began := time.Now()
		got, err := goTest(ctx, root, "", Tests{Package: p, Names: names}, baselineWithin)
		if err != nil {
			return baseline{}, err
		}
		took := time.Since(began)
		without.within[p] = max(leastWithin, (slowerTimes * took).Round(time.Second))
		for _, name := range got.passed {
			without.passes[[2]string{p, name}] = true
		}
		if got.ok && len(got.passed) == len(names) {
			log(fmt.Sprintf("without a fault %d tests of %s pass, in %.1f s", len(names), p, took.Seconds()))
			continue
		}
		log(fmt.Sprintf("without a fault %d of %d tests of %s pass; failed: %s\n%s", len(got.passed), len(names), p, strings.Join(got.failed, ", "), got.output))
	}
	return without, nil
}
