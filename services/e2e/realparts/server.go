//go:build unix

package realparts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"catsvdogs/services/e2e/supervise"
)

// Bounds on a start, which takes Elasticsearch some twenty seconds on an idle machine, and on a stop by SIGTERM.
const (
	readyTimeout = 4 * time.Minute
	stopTimeout  = time.Minute
)

// Server is a real server. Use it from one goroutine.
type Server struct {
	Name string
	Addr string // HOST:PORT of Kafka, a URL of the others

	// Keys of an S3 store.
	AccessKey, SecretKey string

	ready   func(context.Context) error
	process *supervise.Process // nil for a server that was given
	output  string             // file
}

// Given says that the server was there already: it cannot be killed, and may hold what is not the test's.
func (s *Server) Given() bool { return s.process == nil }

// given returns a server that somebody else runs, once it has answered.
func given(ctx context.Context, s *Server, variable string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := s.awaitReady(ctx, nil); err != nil {
		return nil, fmt.Errorf("%s=%s does not answer: %w", variable, s.Addr, err)
	}
	Say("%s: %s is used (%s)", s.Name, s.Addr, variable)
	return s, nil
}

// Node is how an Elasticsearch or MinIO of ours is started; the zero value is the usual way.
type Node struct {
	Data     string   // folder for the data; empty for one in the scratch folder. It must be there, and is left there.
	HeapMB   int      // of a Java program; 0 for the usual one
	Settings []string // lines for elasticsearch.yml
	// User may do everything, with the password that is all of PasswordFile. Without one Elasticsearch asks nobody who is
	// there, and MinIO has a user of the tests'.
	User, PasswordFile string
}

// begin starts a server of our own in a scratch folder, which configure fills; it returns what is to run. The folder holds the
// output, too, and goes with the server.
func begin(ctx context.Context, s *Server, configure func(scratch string) (supervise.Program, error)) (*Server, error) {
	scratch, err := os.MkdirTemp("", "catsvdogs-"+strings.ReplaceAll(strings.ToLower(s.Name), " ", "-")+"-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for %s: %w", s.Name, err)
	}
	p, err := configure(scratch)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("configure %s: %w", s.Name, err), os.RemoveAll(scratch))
	}
	s.output = filepath.Join(scratch, "output.log")
	p.Scratch, p.Stdout, p.Stderr = scratch, s.output, s.output
	process, err := supervise.Begin(p)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.Name, err), os.RemoveAll(scratch))
	}
	s.process = process
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Start starts the server with the data that it has and returns when it answers.
func (s *Server) Start(ctx context.Context) error {
	began := time.Now()
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	stop := saying(func(since time.Duration) string {
		return fmt.Sprintf("%s starts, %.0f s so far", s.Name, since.Seconds())
	})
	err := s.awaitReady(ctx, s.process.Done())
	stop()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.Name, err, s.Output())
	}
	Say("%s answers after %.1f s", s.Name, time.Since(began).Seconds())
	return nil
}

func (s *Server) awaitReady(ctx context.Context, ended <-chan struct{}) error {
	for {
		asked, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := s.ready(asked)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return errors.New("it ended by itself: " + s.process.Status())
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Kill ends the server as kill -9 does, with all its processes.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Stop asks the server to end, as a restart of its machine does, and returns when it has.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

func (s *Server) end(sig syscall.Signal) error {
	if err := s.process.Signal(sig); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	select {
	case <-s.process.Done():
		Say("%s ended: %s", s.Name, s.process.Status())
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("%s has not ended %s after signal %v", s.Name, stopTimeout, sig)
	}
}

// Signal sends a signal to a server of our own, as SIGSTOP and SIGCONT: to its first process, SIGKILL to all of them.
func (s *Server) Signal(sig syscall.Signal) error { return s.process.Signal(sig) }

// Done is closed when a server of our own that was last started has ended.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Status tells how a server of our own ended; it waits for the end. See supervise.Process.
func (s *Server) Status() string { return s.process.Status() }

// PID is the id of the first process of a server of our own.
func (s *Server) PID() int { return s.process.PID() }

// Close kills the server if it is one of ours and removes its data.
func (s *Server) Close() error {
	if s.Given() {
		return nil
	}
	return s.process.Close()
}

// Output is the end of what the server has printed.
func (s *Server) Output() string {
	if s.Given() {
		return ""
	}
	b, err := os.ReadFile(s.output)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(b[max(0, len(b)-4096):]))
}

// answers says whether a URL answers with 200.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		status, err := get(ctx, url)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("it answers %d", status)
		}
		return err
	}
}

// answersAtAll says whether a URL answers, whatever it says.
func answersAtAll(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := get(ctx, url)
		return err
	}
}

func get(ctx context.Context, url string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Close = true // a kept connection would be of no use after a kill
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// freeAddrs are loopback addresses that nobody listens on.
func freeAddrs(ctx context.Context, n int) ([]string, error) {
	var addrs []string
	for range n {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // after the last one, so that all differ
		addrs = append(addrs, l.Addr().String())
	}
	return addrs, nil
}
