//go:build chaos && unix

package crashpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// What is asked of a process, by its environment.
const (
	// VariableAt is NAME, or NAME:N for the Nth time that the process comes there.
	VariableAt = "CATSVDOGS_CRASH_AT"
	// VariableTold is a file to which a line is appended before the crash: nothing else could tell it from another kill.
	VariableTold = "CATSVDOGS_CRASH_TOLD"
)

// order is what the environment asks for. It is taken out of it before main begins: a service refuses variables of the
// project's that it does not know.
var order = taken()

type ordered struct {
	name Name
	nth  int64
	told string
}

func taken() ordered {
	name, nth, _ := strings.Cut(os.Getenv(VariableAt), ":")
	o := ordered{name: Name(name), nth: 1, told: os.Getenv(VariableTold)}
	if n, err := strconv.ParseInt(nth, 10, 64); err == nil && n > 0 {
		o.nth = n
	}
	_, _ = os.Unsetenv(VariableAt), os.Unsetenv(VariableTold)
	return o
}

var times atomic.Int64

// At ends the process as kill -9 does, here and now, if it was asked to die at this point. Safe for concurrent use.
func At(name Name) {
	if order.name != name || times.Add(1) != order.nth {
		return
	}
	if file, err := os.OpenFile(order.told, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
		_, _ = fmt.Fprintf(file, "%s %d\n", name, os.Getpid())
		_ = file.Close()
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // a signal to oneself may take a moment, in which nothing more may happen
}
