//go:build unix

// Package realparts gives tests the real servers without containers: Apache Kafka and Elasticsearch from Maven Central,
// MinIO from its Go module. What is fetched or built is kept in a cache; each test has its own process, on free ports,
// with its data in a scratch folder, and nothing is left behind. It needs Go, a JDK 17 and Maven.
package realparts

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// readyTimeout bounds a start; Elasticsearch takes some twenty seconds.
const readyTimeout = 2 * time.Minute

// Server is a real server that can be killed and started again with its data. Use it from one goroutine.
type Server struct {
	name    string
	command func() *exec.Cmd
	ready   func(context.Context) error
	output  string // file
	running *exec.Cmd
	exited  chan struct{}
}

// start starts a server that lives as long as the test.
func start(t testing.TB, name string, command func() *exec.Cmd, ready func(context.Context) error) *Server {
	t.Helper()
	s := &Server{name: name, command: command, ready: ready, output: filepath.Join(t.TempDir(), name+".log")}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("the end of %s's output:\n%s", name, s.tail())
		}
	})
	s.Start(t)
	return s
}

// Start starts the server and returns when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	output, err := os.OpenFile(s.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	s.running = s.command()
	s.running.Stdout, s.running.Stderr = output, output
	if s.running.SysProcAttr == nil {
		s.running.SysProcAttr = &syscall.SysProcAttr{}
	}
	s.running.SysProcAttr.Setpgid = true // Elasticsearch's launcher has a child; both are killed
	if err := s.running.Start(); err != nil {
		t.Fatalf("start %s: %v", s.name, err)
	}
	s.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // how it ended is in its output
		close(exited)
	}(s.running, s.exited)
	ctx, cancel := context.WithTimeout(t.Context(), readyTimeout)
	defer cancel()
	for {
		err := s.ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-s.exited:
			t.Fatalf("%s ended by itself\n%s", s.name, s.tail())
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v\n%s", s.name, err, s.tail())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Kill ends the server as kill -9 does, with all its processes.
func (s *Server) Kill() {
	if s.running == nil {
		return
	}
	_ = syscall.Kill(-s.running.Process.Pid, syscall.SIGKILL)
	<-s.exited
	s.running = nil
}

func (s *Server) tail() []byte {
	b, err := os.ReadFile(s.output)
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(b[max(0, len(b)-4096):])
}

// answers says whether a URL answers with 200.
func answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("it answers %s", resp.Status)
		}
		return nil
	}
}

// cache is where what was fetched is kept. Elasticsearch refuses to run as root and so must be able to read it as
// somebody else.
func cache(t testing.TB, part string) string {
	t.Helper()
	base := "/var/cache"
	if os.Geteuid() != 0 {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(base, "catsvdogs", part)
}

var fetching sync.Mutex

// fetched returns the folder of a part, which fetch fills when it is not there yet: wholly or not at all.
func fetched(t testing.TB, part, what string, fetch func(dir string) error) string {
	t.Helper()
	fetching.Lock()
	defer fetching.Unlock()
	dir := cache(t, part)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	fmt.Fprintf(os.Stderr, "fetching %s …\n", what)
	partial := dir + ".partial"
	_ = os.RemoveAll(partial)
	if err := os.MkdirAll(partial, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := fetch(partial); err != nil {
		t.Fatalf("fetch %s: %v", what, err)
	}
	if err := os.Rename(partial, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func run(dir string, env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

// freeAddr is a loopback address that nobody listens on.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func port(t testing.TB, addr string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// java is the Java launcher's home, which Elasticsearch wants to be told.
func java() (home string, err error) {
	path, err := exec.LookPath("java")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", fmt.Errorf("find a JDK: %w", err)
	}
	return filepath.Dir(filepath.Dir(path)), nil
}
