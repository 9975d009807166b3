//go:build unix

package e2e

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"catsvdogs/services/e2e/supervise"
)

// scratch is a folder for what all tests share.
var scratch string

func TestMain(m *testing.M) {
	supervise.Main()
	var err error
	if scratch, err = os.MkdirTemp("", "catsvdogs-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// A supervisor of nothing: it removes the folder even when this process is killed.
	guard, err := supervise.Begin(supervise.Program{Scratch: scratch})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	options := []goleak.Option{goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
		_ = guard.Close()
		os.Exit(code)
	})}
	if os.Getenv(realParts) != "" {
		// A server that was given keeps the connections of the clients' pools open.
		options = append(options, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	}
	goleak.VerifyTestMain(withServers{m}, options...)
}

// withServers ends the real servers when all tests are done.
type withServers struct{ tests *testing.M }

func (w withServers) Run() int {
	code := w.tests.Run()
	if err := closeServers(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}
