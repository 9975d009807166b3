package spool

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// childDir is the folder that a process of this test works in until it is killed.
const childDir = "CATSVDOGS_SPOOL_TEST_DIR"

// runChild appends records for as long as it lives and takes every third out again. It says so, in either case when it has
// returned: "+" and the number, "-" and how many are out.
func runChild(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("!", err)
			os.Exit(1)
		}
	}
	s, err := Open(Options{Dir: dir, MaxBytes: 64 * megabyte, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	fail(err)
	for n := 0; ; n++ {
		fail(s.Append(numbered(n)))
		fmt.Println("+", n)
		if n%3 == 0 {
			records, err := s.Read(1, megabyte)
			fail(err)
			fail(s.Done(len(records)))
			fmt.Println("-", n/3+1)
		}
	}
}

func TestWhatWasSpooledOutlivesAKill(t *testing.T) {
	t.Parallel()
	for range 3 {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		appended, taken := 0, 0
		lines := bufio.NewScanner(out)
		killAt := 200 + rand.IntN(3000)
		for i := 0; lines.Scan(); i++ {
			var sign string
			var n int
			if _, err := fmt.Sscan(lines.Text(), &sign, &n); err != nil {
				break // the last line may be cut off
			}
			switch sign {
			case "+":
				appended = n + 1
			case "-":
				taken = n
			default:
				t.Fatal(lines.Text())
			}
			if i == killAt {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // it was killed
		got := drain(t, reopen(t, dir), 1000)
		// What it was doing when it was killed may have been done without its saying so.
		if len(got) == 0 || got[0] > taken+1 || got[0] < taken || got[len(got)-1] < appended-1 {
			t.Fatalf("appended %d and took %d; found %d to %d", appended, taken, got[0], got[len(got)-1])
		}
		wantRun(t, got, got[0], got[0]+len(got))
	}
}
