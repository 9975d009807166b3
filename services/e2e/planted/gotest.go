package planted

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// endsWithin is how long the Go command may take to end its children after it was interrupted.
const endsWithin = 10 * time.Second

// outcome is what came of the tests of one package.
type outcome struct {
	passed []string // top-level tests
	failed []string // top-level tests; of a package that ended in the middle, those that ran then
	built  bool
	hung   bool   // the time was over
	ok     bool   // the package as a whole
	output string // of the build when it failed, otherwise of all tests
}

// goTest runs tests of a package, and ends those that take longer than within; overlay is the path of a file for -overlay,
// "" for none. The error says that the Go command could not be run.
func goTest(ctx context.Context, root, overlay string, of Tests, within time.Duration) (outcome, error) {
	arguments := []string{
		"test", "-json", "-count=1", "-timeout=" + within.String(),
		"-vet=off", // a fault that is found by vet alone would not be found by a test
		"-run=^(" + strings.Join(of.Names, "|") + ")$",
	}
	if overlay != "" {
		arguments = append(arguments, "-overlay="+overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(arguments, "./"+of.Package)...)
	cmd.Dir = root
	// With UPDATE tests write what they should compare with, which a fault must not get into.
	cmd.Env = append(os.Environ(), "UPDATE=")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = endsWithin
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return outcome{}, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return outcome{}, fmt.Errorf("run go test: %w", err)
	}
	got := read(stdout.Bytes())
	got.ok = err == nil
	if got.output == "" {
		got.output = stderr.String()
	}
	return got, nil
}

// event is a line of go test -json (go doc test2json, go help buildjson).
type event struct {
	Action      string
	Test        string
	Output      string
	FailedBuild string
}

// read reads what go test -json has written.
func read(lines []byte) outcome {
	got := outcome{built: true}
	var tests, build strings.Builder
	running := map[string]bool{}
	scanner := bufio.NewScanner(bytes.NewReader(lines))
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var e event
		if json.Unmarshal(scanner.Bytes(), &e) != nil {
			continue // not everything that the Go command says is JSON
		}
		top := e.Test != "" && !strings.Contains(e.Test, "/")
		switch {
		case e.FailedBuild != "" || e.Action == "build-fail":
			got.built = false
		case e.Action == "build-output":
			build.WriteString(e.Output)
		case e.Action == "output":
			tests.WriteString(e.Output)
		case !top:
		case e.Action == "run" || e.Action == "cont":
			running[e.Test] = true
		case e.Action == "pause":
			delete(running, e.Test)
		case e.Action == "pass":
			delete(running, e.Test)
			got.passed = append(got.passed, e.Test)
		case e.Action == "fail" || e.Action == "skip":
			delete(running, e.Test)
			if e.Action == "fail" {
				got.failed = append(got.failed, e.Test)
			}
		}
	}
	for name := range running {
		got.failed = append(got.failed, name)
	}
	if hung := timedOut(tests.String()); len(hung) > 0 {
		got.failed, got.hung = hung, true
	}
	slices.Sort(got.failed)
	if got.output = tests.String(); !got.built {
		got.output = build.String()
	}
	return got
}

var hanging = regexp.MustCompile(`(?m)^\s+(Test\w+)[^ ]* \(\d`)

// timedOut returns the tests that ran when the time of all was over; none when it was not.
func timedOut(output string) (names []string) {
	_, after, found := strings.Cut(output, "panic: test timed out after")
	if !found {
		return nil
	}
	list, _, _ := strings.Cut(after, "goroutine ")
	for _, m := range hanging.FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
