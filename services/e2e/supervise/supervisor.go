//go:build unix

package supervise

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// variable carries the program's description to the supervisor.
const variable = "CATSVDOGS_SUPERVISED_PROGRAM"

// What goes over the two pipes, a line each.
const (
	commandStart  = "start"
	commandSignal = "signal"  // and its number
	eventStarted  = "started" // and its process id
	eventEnded    = "ended"   // and how
)

// Main is the supervisor, in a process that Begin has started as one; then it does not return. In any other process it
// does nothing. Call it first thing in TestMain.
func Main() {
	spec, ours := os.LookupEnv(variable)
	if !ours {
		return
	}
	var program Program
	if err := json.Unmarshal([]byte(spec), &program); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	// Caught, not ignored, because what is ignored stays so in the program. A broken pipe is the very moment to go on.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	s := &supervisor{program: program, events: os.Stdout}
	if err := s.obey(os.Stdin); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

type supervisor struct {
	program Program
	events  io.Writer
	running *exec.Cmd
	ended   chan error
}

// obey carries out commands until their source closes; then it leaves nothing behind.
func (s *supervisor) obey(source io.Reader) error {
	commands := make(chan string)
	go func() {
		defer close(commands)
		for lines := bufio.NewScanner(source); lines.Scan(); {
			commands <- lines.Text()
		}
	}()
	for {
		select {
		case err := <-s.ended: // of a nil channel nothing comes
			// The program's other processes end with the first one.
			s.kill()
			s.running, s.ended = nil, nil
			s.tell(eventEnded + " " + status(err))
		case command, more := <-commands:
			if !more {
				return s.cleanUp()
			}
			s.carryOut(command)
		}
	}
}

func (s *supervisor) carryOut(command string) {
	what, argument, _ := strings.Cut(command, " ")
	switch what {
	case commandStart:
		if err := s.start(); err != nil {
			s.tell(fmt.Sprintf("start %s: %v", s.program.Path, err))
			return
		}
		s.tell(eventStarted + " " + strconv.Itoa(s.running.Process.Pid))
	case commandSignal:
		n, err := strconv.Atoi(argument)
		if err != nil || s.running == nil {
			return // it has ended meanwhile, which the test is told
		}
		if sig := syscall.Signal(n); sig != syscall.SIGKILL {
			_ = s.running.Process.Signal(sig)
			return
		}
		s.kill()
	}
}

func (s *supervisor) start() error {
	cmd := exec.CommandContext(context.Background(), s.program.Path, s.program.Args...) // its end is our doing
	cmd.Dir = s.program.Dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, variable+"=") }), s.program.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // all its processes can be killed as one group
	if s.program.UID != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.program.UID, Gid: s.program.UID}
	}
	stdout, err := appendTo(s.program.Stdout)
	if err != nil {
		return err
	}
	defer func() { _ = stdout.Close() }() // the program has its own by then
	stderr, err := appendTo(s.program.Stderr)
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	s.running, s.ended = cmd, make(chan error, 1)
	go func(ended chan<- error) { ended <- cmd.Wait() }(s.ended)
	return nil
}

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

func (s *supervisor) kill() { _ = syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL) }

// cleanUp kills what runs and removes the scratch folder.
func (s *supervisor) cleanUp() error {
	if s.running != nil {
		s.kill()
		<-s.ended //nolint:errcheck // nobody is left to be told how
		s.kill()  // what it has started in the meantime
	}
	if s.program.Scratch == "" {
		return nil
	}
	return os.RemoveAll(s.program.Scratch)
}

// tell is in vain when the test has gone, which the closed commands say, too.
func (s *supervisor) tell(event string) {
	_, _ = fmt.Fprintln(s.events, strings.ReplaceAll(event, "\n", " "))
}

func status(err error) string {
	var exit *exec.ExitError
	if err == nil {
		return Success
	}
	if errors.As(err, &exit) {
		return exit.String()
	}
	return err.Error()
}
