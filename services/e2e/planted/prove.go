package planted

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Verdict says what became of a fault.
type Verdict string

// The verdicts. All but Caught are failures.
const (
	Caught     Verdict = "caught"
	Survived   Verdict = "SURVIVED"
	Uncompiled Verdict = "DOES NOT COMPILE"
	Outdated   Verdict = "OUT OF DATE"
	Unsound    Verdict = "TESTS FAIL WITHOUT IT"
)

// Result is what became of one fault.
type Result struct {
	Fault   Fault
	Verdict Verdict
	Package string        // whose tests have caught it
	By      []string      // the tests that failed, in alphabetical order
	Took    time.Duration // all tests of the fault
	Detail  string        // of a failure, for a person
}

// Prove plants the faults one after the other and passes each result to tell. Before, it runs all tests that they name
// without a fault: one that fails then, or does not run, can catch nothing. root is the folder of the repository. An error
// says that tests could not be run, or that ctx has ended.
func Prove(ctx context.Context, root string, faults []Fault, log func(string), tell func(Result)) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	without, err := measure(ctx, root, faults, log)
	if err != nil {
		return err
	}
	for _, f := range faults {
		began := time.Now()
		r, err := prove(ctx, root, f, without)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		r.Took = time.Since(began)
		tell(r)
	}
	return nil
}

func prove(ctx context.Context, root string, f Fault, without baseline) (Result, error) {
	r := Result{Fault: f, Verdict: Survived}
	for _, t := range f.Tests {
		for _, name := range t.Names {
			if !without.passes[[2]string{t.Package, name}] {
				r.Verdict, r.Detail = Unsound, t.Package+" "+name
				return r, nil
			}
		}
	}
	changed, err := f.plant(root)
	if errors.Is(err, ErrOutdated) {
		r.Verdict, r.Detail = Outdated, err.Error()
		return r, nil
	}
	if err != nil {
		return r, err
	}
	overlay, remove, err := writeOverlay(root, changed)
	if err != nil {
		return r, err
	}
	defer remove()
	for _, t := range f.Tests {
		got, err := goTest(ctx, root, overlay, t, without.within[t.Package])
		switch {
		case err != nil:
			return r, err
		case !got.built:
			r.Verdict, r.Detail = Uncompiled, got.output
			return r, nil
		case !got.ok && len(got.failed) > 0:
			r.Verdict, r.Package, r.By, r.Detail = Caught, t.Package, got.failed, got.output
			if !got.hung {
				return r, nil
			}
			// The tests wait for what the fault keeps away, or the machine has become slow.
			if again, err := goTest(ctx, root, "", t, without.within[t.Package]); err != nil || !again.ok {
				r.Verdict, r.Detail = Unsound, "they are too slow: "+again.output
				return r, err
			}
			return r, nil
		case !got.ok:
			r.Detail = got.output // such as of goroutines that are left, which is no test that says what is wrong
		}
	}
	return r, nil
}
