//go:build unix

// Package supervise runs programs for tests that do not outlive them: not their end, not Ctrl-C, not a panic for a
// timeout, not a kill -9 of the test. Between the test and the program stands a supervisor, which is the test's own
// binary started once more. It holds one end of a pipe; when the other end closes, for whatever reason, it kills the
// program with all its processes and removes its scratch folder. That works wherever there are pipes, where
// Pdeathsig is Linux only and follows a thread, not a process.
//
//	test ──commands──▶ supervisor ──starts, signals──▶ program
//	     ◀──events────            ◀──its end──────────
//
// It owns no knowledge of any program; package realparts has that.
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
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Program is what is run.
type Program struct {
	Path    string
	Args    []string
	Env     []string // besides this process's own
	Dir     string   // to run in; this process's if empty
	UID     uint32   // user and group to run as; 0 for this process's
	Stdout  string   // file that is appended to
	Stderr  string   // file that is appended to; may be Stdout's
	Scratch string   // folder to remove in the end, or empty
}

// Process is a program under a supervisor. It can be started again after its end. Use it from one goroutine, but for
// Done.
type Process struct {
	supervisor *exec.Cmd
	commands   io.WriteCloser
	events     chan string
	mu         sync.Mutex
	run        *run
}

// run is one life of the program.
type run struct {
	done   chan struct{}
	status string // how it ended; read it after done
	pid    int
}

// Begin starts a supervisor for a program, not yet the program itself. Close it in the end. The binary that calls it
// must call Main first thing.
func Begin(p Program) (*Process, error) {
	spec, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("describe the program: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	cmd := exec.CommandContext(context.Background(), self) // it ends with the pipe
	cmd.Env = append(os.Environ(), variable+"="+string(spec))
	// A group of its own: Ctrl-C in a terminal goes to the test alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	commands, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("connect to a supervisor: %w", err)
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("connect to a supervisor: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a supervisor: %w", err)
	}
	s := &Process{supervisor: cmd, commands: commands, events: make(chan string, 1)}
	go s.listen(answers)
	return s, nil
}

func (s *Process) listen(answers io.Reader) {
	lines := bufio.NewScanner(answers)
	for lines.Scan() {
		what, status, _ := strings.Cut(lines.Text(), " ")
		if what == eventEnded {
			s.end(status)
			continue
		}
		s.events <- lines.Text()
	}
	s.end("its supervisor has ended")
	close(s.events)
}

func (s *Process) end(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil || s.run.status != "" {
		return
	}
	s.run.status = status
	close(s.run.done)
}

// Start starts the program. It must not be running.
func (s *Process) Start() error {
	s.mu.Lock()
	s.run = &run{done: make(chan struct{})}
	s.mu.Unlock()
	if err := s.command(commandStart); err != nil {
		return err
	}
	event, ok := <-s.events
	if !ok {
		return errors.New("the supervisor has ended")
	}
	what, pid, _ := strings.Cut(event, " ")
	if what != eventStarted {
		return errors.New(event)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run.pid, _ = strconv.Atoi(pid) // a number, from Main
	return nil
}

// PID is the id of the program's first process, as it was last started; its group has the same number.
func (s *Process) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run.pid
}

// Signal sends a signal to the program: SIGKILL to all its processes, others to the first.
func (s *Process) Signal(sig syscall.Signal) error {
	return s.command(fmt.Sprintf("%s %d", commandSignal, sig))
}

// Done is closed when the program that was last started has ended.
func (s *Process) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run.done
}

// Success is the status of a program that has ended well.
const Success = "exit status 0"

// Status tells how the program ended: Success, "exit status 2", "signal: killed". It waits for the end.
func (s *Process) Status() string {
	s.mu.Lock()
	r := s.run
	s.mu.Unlock()
	<-r.done
	return r.status
}

// Close kills the program if it runs, removes its scratch folder, and returns when that is done.
func (s *Process) Close() error {
	_ = s.commands.Close() // the supervisor may have ended already
	for range s.events {   // until it closes its end
	}
	if err := s.supervisor.Wait(); err != nil {
		return fmt.Errorf("supervise: %w", err)
	}
	return nil
}

func (s *Process) command(line string) error {
	if _, err := io.WriteString(s.commands, line+"\n"); err != nil {
		return fmt.Errorf("tell the supervisor to %s: %w", line, err)
	}
	return nil
}
