//go:build unix

package supervise

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// doomed makes this binary a test process that has a program running and waits to be killed.
const doomed = "CATSVDOGS_DOOMED_TEST"

func TestMain(m *testing.M) {
	Main()
	if scratch := os.Getenv(doomed); scratch != "" {
		p, err := Begin(family(scratch))
		if err == nil {
			err = p.Start()
		}
		if err != nil {
			panic(err)
		}
		select {}
	}
	os.Exit(m.Run())
}

// family is a program with a child that would outlive it; both write their ids into the scratch folder.
func family(scratch string) Program {
	return Program{
		Path: "/bin/sh", Args: []string{"-c", `sleep 300 & echo $! >child; echo $$ >parent; wait`},
		Dir: scratch, Scratch: scratch, Stdout: filepath.Join(scratch, "log"), Stderr: filepath.Join(scratch, "log"),
	}
}

func TestAProgramEndsWithATestThatIsKilled(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"kill -9": syscall.SIGKILL, "Ctrl-C": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scratch := filepath.Join(t.TempDir(), "scratch")
			if err := os.Mkdir(scratch, 0o700); err != nil {
				t.Fatal(err)
			}
			test := exec.CommandContext(t.Context(), os.Args[0])
			test.Env = append(os.Environ(), doomed+"="+scratch)
			if err := test.Start(); err != nil {
				t.Fatal(err)
			}
			parent, child := pid(t, scratch, "parent"), pid(t, scratch, "child")
			if err := test.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = test.Wait()
			await(t, "the end of the program", func() bool { return gone(parent) && gone(child) })
			await(t, "the end of the scratch folder", func() bool {
				_, err := os.Stat(scratch)
				return errors.Is(err, os.ErrNotExist)
			})
		})
	}
}

func TestAProgramCanBeEndedAndStartedAgain(t *testing.T) {
	t.Parallel()
	scratch := filepath.Join(t.TempDir(), "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := Begin(family(scratch))
	if err != nil {
		t.Fatal(err)
	}
	for signal, want := range map[syscall.Signal]string{syscall.SIGKILL: "signal: killed", syscall.SIGTERM: "signal: terminated"} {
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		child := pid(t, scratch, "child")
		if parent := pid(t, scratch, "parent"); parent != p.PID() {
			t.Errorf("the program is process %d, not %d", parent, p.PID())
		}
		if err := p.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if got := p.Status(); got != want {
			t.Errorf("it ended with %q, want %q", got, want)
		}
		await(t, "the end of the child", func() bool { return gone(child) })
		for _, file := range []string{"parent", "child"} {
			if err := os.Remove(filepath.Join(scratch, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(scratch); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the scratch folder is still there: %v", err)
	}
}

func TestAProgramThatCannotBeStartedSaysWhy(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	p, err := Begin(Program{Path: "/no/such/program", Stdout: log, Stderr: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("got %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// pid waits for a file that holds a process's id.
func pid(t *testing.T, folder, file string) (id int) {
	t.Helper()
	await(t, file, func() bool {
		b, _ := os.ReadFile(filepath.Join(folder, file))
		var err error
		id, err = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil
	})
	return id
}

// gone also takes a process that nobody buries for gone: in a container the first process may not do that.
func gone(pid int) bool {
	stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || strings.Contains(string(stat), ") Z ")
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
