//go:build unix

package wallclock

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// told is what the program of the test says when it is asked.
type told struct {
	Wall, Since, Until, Sub time.Duration
	Other, Seen             string
}

const program = `package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	began := time.Now()
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		now := time.Now()
		fmt.Printf("{\"Wall\":%d,\"Since\":%d,\"Until\":%d,\"Sub\":%d,\"Other\":%q,\"Seen\":%q}\n",
			now.UnixNano(), time.Since(began), -time.Until(began), now.Sub(began), other(), strings.Join(os.Environ(), " "))
	}
}
`

func TestTheWallClockOfARunningProcessJumpsThereAndBackAndItsMonotonicClockDoesNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("go.mod", "module program\n\ngo 1.26.0\n")
	write("main.go", program)
	theirs, err := json.Marshal(overlay{Replace: map[string]string{
		write("other.go", `package main; func other() string { return "the file" }`): write("other.txt", `package main; func other() string { return "what replaces it" }`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	merged, err := Overlay(t.Context(), filepath.Join(dir, "overlay"), write("theirs.json", string(theirs)))
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", merged, "-o", filepath.Join(dir, "program"), ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	clock, err := New(filepath.Join(dir, "clock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := clock.Close(); err != nil {
			t.Error(err)
		}
	}()
	began := time.Now()
	ask := start(t, filepath.Join(dir, "program"), clock.Variable())
	untouched := start(t, filepath.Join(dir, "program"))
	for _, by := range []time.Duration{0, 3*time.Hour + 700*time.Millisecond, -25*time.Hour - 900*time.Millisecond, 40 * 365 * 24 * time.Hour, 0} {
		clock.Shift(by)
		for name, want := range map[string]time.Duration{"with the clock": by, "without": 0} {
			asked := ask
			if name == "without" {
				asked = untouched
			}
			before := time.Now()
			is := asked()
			took := time.Since(before)
			if off := is.Wall - time.Duration(before.UnixNano()); off < want-time.Millisecond || off > want+took+time.Millisecond {
				t.Errorf("%s, shifted by %s: the wall clock is off by %s", name, by, off)
			}
			for of, d := range map[string]time.Duration{"Since": is.Since, "Until": is.Until, "Sub": is.Sub} {
				if d < 0 || d > time.Since(began) {
					t.Errorf("%s, shifted by %s: %s tells %s of a process that has run for %s at most", name, by, of, d, time.Since(began))
				}
			}
			if is.Other != "what replaces it" {
				t.Errorf("the other overlay is lost: it says %q", is.Other)
			}
			if strings.Contains(is.Seen, variable) {
				t.Error("the program sees the variable")
			}
		}
	}
}

// start starts a program and returns what asks it.
func start(t *testing.T, path string, env ...string) func() told {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	lines := bufio.NewReader(out)
	return func() (is told) {
		if _, err := fmt.Fprintln(in); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &is)
		}
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
}

func TestAGoWhosePackageTimeIsAnotherOneIsRefused(t *testing.T) {
	t.Parallel()
	reads := string(readsClock)
	for source, ok := range map[string]bool{"func Now() {\n" + reads + "}": true, "func Now() {}": false, reads + reads: false} {
		changed, err := change([]byte(source))
		if ok && (err != nil || strings.Contains(string(changed), "runtimeNow")) || !ok && !errors.Is(err, ErrOtherGo) {
			t.Errorf("%q: %q, %v", source, changed, err)
		}
	}
}

func TestAnOverlayThatCannotBeMergedIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{broken, filepath.Join(dir, "none.json")} {
		if file, err := Overlay(t.Context(), dir, other); err == nil || !strings.Contains(err.Error(), "overlay") {
			t.Errorf("%s: %s, %v", other, file, err)
		}
	}
}
