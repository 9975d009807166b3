//go:build chaos && unix

package crashpoint

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// steps makes this binary a process that comes to some points and says so.
const steps = "CRASHPOINT_TEST_STEPS"

func TestMain(m *testing.M) {
	if os.Getenv(steps) == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(VariableAt)+os.Getenv(VariableTold) != "" {
		os.Exit(4) // a service would refuse them
	}
	for _, name := range []Name{IngestTaken, IndexStored, IngestTaken, IngestTaken} {
		At(name)
		fmt.Println(name)
	}
}

func TestAProcessDiesWhereItWasAskedToAndNowhereElse(t *testing.T) {
	t.Parallel()
	for order, want := range map[string]struct {
		said string
		dies bool
	}{
		"":                 {"ingest.taken\nindex.stored\ningest.taken\ningest.taken\n", false},
		"refresher.looked": {"ingest.taken\nindex.stored\ningest.taken\ningest.taken\n", false},
		"index.stored":     {"ingest.taken\n", true},
		"ingest.taken:2":   {"ingest.taken\nindex.stored\n", true},
		"ingest.taken:9":   {"ingest.taken\nindex.stored\ningest.taken\ningest.taken\n", false},
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			told := filepath.Join(t.TempDir(), "told")
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), steps+"=1", VariableAt+"="+order, VariableTold+"="+told)
			said, err := cmd.Output()
			var exit *exec.ExitError
			killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL //nolint:forcetypeassert // on unix it is one
			if string(said) != want.said || killed != want.dies || (err != nil) != want.dies {
				t.Errorf("it said %q and ended with %v", said, err)
			}
			if line, err := os.ReadFile(told); (err == nil) != want.dies || want.dies && len(line) == 0 {
				t.Errorf("it told %q, %v", line, err)
			}
		})
	}
}
