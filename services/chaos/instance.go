//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"catsvdogs/services/chaos/wallclock"
	"catsvdogs/services/e2e/supervise"
)

// instance is one process of the product, which is started again when it ends by itself, as a container is that has a restart
// policy. Use it from any goroutine.
type instance struct {
	name    string
	service string
	binary  string
	args    []string
	logs    string // folder
	say     func(who, format string, args ...any)

	telemetry string           // HOST:PORT of its metrics and health
	clock     *wallclock.Clock // its wall clock, in whichever process; nil for the machine's

	mu     sync.Mutex
	life   *life
	byself []string // ends that nobody asked for
}

// life is a process from its start to its end.
type life struct {
	process *supervise.Process
	ended   chan struct{}
	status  string // after ended

	asked bool // its end is expected
}

// byItselfAgain is how long a process stays away that has ended by itself.
const byItselfAgain = time.Second

// start starts a process with these variables besides the usual ones. The one before must have ended.
func (i *instance) start(env ...string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.begin(env)
}

func (i *instance) begin(env []string) error {
	if i.clock != nil {
		env = append(slices.Clone(env), i.clock.Variable())
	}
	output := i.output()
	p, err := supervise.Begin(supervise.Program{Path: i.binary, Args: i.args, Env: env, Stdout: output, Stderr: output})
	if err != nil {
		return fmt.Errorf("start %s: %w", i.name, err)
	}
	if err := p.Start(); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", i.name, err), p.Close())
	}
	l := &life{process: p, ended: make(chan struct{})}
	i.life = l
	go i.watch(l, p.Done())
	return nil
}

func (i *instance) watch(l *life, done <-chan struct{}) {
	<-done
	l.status = l.process.Status()
	_ = l.process.Close() // there is no scratch folder that it could fail to remove
	close(l.ended)
	i.mu.Lock()
	asked := l.asked
	if !asked {
		i.byself = append(i.byself, l.status)
	}
	i.mu.Unlock()
	if asked {
		return
	}
	i.say(i.name, "ended by itself: %s; it is started again. Its last words: %s", l.status, i.lastWords())
	time.AfterFunc(byItselfAgain, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.life == l && !l.asked {
			if err := i.begin(nil); err != nil {
				i.say(i.name, "%v", err)
			}
		}
	})
}

// expect says that the present process is to end, and returns it.
func (i *instance) expect() *life {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.life.asked = true
	return i.life
}

// end sends a signal that is to end the process, and returns how it has ended.
func (i *instance) end(ctx context.Context, sig syscall.Signal) (status string, err error) {
	l := i.expect()
	if err := l.process.Signal(sig); err != nil {
		select {
		case <-l.ended: // it was quicker
		default:
			return "", fmt.Errorf("%s: %w", i.name, err)
		}
	}
	return i.await(ctx, l, endWithin)
}

// await returns how a process has ended.
func (i *instance) await(ctx context.Context, l *life, within time.Duration) (status string, err error) {
	select {
	case <-l.ended:
		return l.status, nil
	case <-ctx.Done():
		return "", fmt.Errorf("%s has not ended: %w", i.name, ctx.Err())
	case <-time.After(within):
		return "", fmt.Errorf("%s has not ended within %s", i.name, within)
	}
}

// signal sends a signal that does not end the process.
func (i *instance) signal(sig syscall.Signal) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.life.process.Signal(sig); err != nil {
		return fmt.Errorf("%s: %w", i.name, err)
	}
	return nil
}

// close kills the process if it runs.
func (i *instance) close() error {
	i.mu.Lock()
	l := i.life
	if l != nil {
		l.asked = true
	}
	i.mu.Unlock()
	if l != nil {
		_ = l.process.Signal(syscall.SIGKILL) // it may have ended
		<-l.ended
	}
	if i.clock != nil {
		return i.clock.Close()
	}
	return nil
}

// frozen says whether the process is stopped by a signal.
func (i *instance) frozen(ctx context.Context) error {
	i.mu.Lock()
	pid := i.life.process.PID()
	i.mu.Unlock()
	return frozen(ctx, pid)
}

// frozen asks ps, which tells it alike on all systems: T is a process that a signal has stopped.
func frozen(ctx context.Context, pid int) error {
	said, err := exec.CommandContext(ctx, "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return fmt.Errorf("ask for the state of process %d: %w", pid, err)
	}
	if state := strings.TrimSpace(string(said)); !strings.HasPrefix(state, "T") {
		return fmt.Errorf("process %d is in state %s", pid, state)
	}
	return nil
}

func (i *instance) output() string { return filepath.Join(i.logs, i.name+".log") }

// lastWords is the last line of what it has said.
func (i *instance) lastWords() string {
	said, _ := os.ReadFile(i.output())
	said = bytes.TrimSpace(said)
	return string(said[bytes.LastIndexByte(said, '\n')+1:])
}

// panicked returns the first line of a panic in what it has said, or nothing.
func (i *instance) panicked() string {
	said, _ := os.ReadFile(i.output())
	for line := range bytes.Lines(said) {
		if bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: ")) {
			return strings.TrimSpace(string(line))
		}
	}
	return ""
}

// ends are the statuses with which it has ended by itself.
func (i *instance) ends() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.byself...)
}
