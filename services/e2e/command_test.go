//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"catsvdogs/services/e2e/supervise"
)

// demo is the demo's binary, as a user starts it; it is built once for all tests.
func demo(t *testing.T) string { return builtOnce(t, builtDemo) }

var builtDemo = sync.OnceValues(func() (string, error) { return build("allinone", "demo") })

// builtOnce returns the path of a binary.
func builtOnce(t *testing.T, once func() (string, error)) string {
	t.Helper()
	binary, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// build builds a service's command.
func build(service, command string) (string, error) {
	binary := filepath.Join(scratch, command)
	out, err := exec.Command("go", "build", "-o", binary, "catsvdogs/services/"+service+"/cmd/"+command).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", command, err, out)
	}
	return binary, nil
}

// process is a running command of ours. It ends with the test, however that ends.
type process struct {
	*supervise.Process
	url    string // of a demo
	folder string // of what it prints
}

func startProcess(t *testing.T, binary string, args ...string) *process {
	t.Helper()
	p := &process{folder: t.TempDir()}
	var err error
	p.Process, err = supervise.Begin(supervise.Program{Path: binary, Args: args, Stdout: p.file("stdout"), Stderr: p.file("stderr")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Close()
		for _, stream := range []string{"stdout", "stderr"} {
			if said := p.printed(stream); t.Failed() && len(said) > 0 {
				t.Logf("the end of what %s printed to %s:\n%s", filepath.Base(binary), stream, said[max(0, len(said)-4096):])
			}
		}
	})
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func startDemo(t *testing.T, binary string, args ...string) *process {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	p := startProcess(t, binary, append([]string{"--http", addr, "--no-open", "--contest", "../../contest.yaml"}, args...)...)
	p.url = "http://" + addr
	return p
}

func (p *process) file(name string) string { return filepath.Join(p.folder, name) }

// printed is what it has printed so far to stdout or stderr.
func (p *process) printed(name string) []byte {
	b, _ := os.ReadFile(p.file(name)) // no file, nothing printed
	return b
}

func (p *process) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := p.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// awaitEnd waits for a process that is to end well.
func (p *process) awaitEnd(t *testing.T) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(3 * time.Minute):
		t.Fatalf("it does not end\n%s", p.printed("stderr"))
	}
	if status := p.Status(); status != supervise.Success {
		t.Fatalf("%s\n%s", status, p.printed("stderr"))
	}
}

// await polls what the demo serves until ok says so.
func (p *process) await(t *testing.T, path, what string, ok func(status int, body []byte) bool) {
	t.Helper()
	deadline := time.After(90 * time.Second)
	for {
		if resp, err := http.Get(p.url + path); err == nil {
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if ok(resp.StatusCode, body) {
				return
			}
		}
		select {
		case <-deadline:
			t.Fatalf("waited in vain for %s\n%s", what, p.printed("stderr"))
		case <-p.Done():
			t.Fatalf("%s while waiting for %s\n%s", p.Status(), what, p.printed("stderr"))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) awaitPosts(t *testing.T, n int64) {
	t.Helper()
	p.await(t, "/api/v1/contest", fmt.Sprintf("%d posts on the page", n), func(status int, body []byte) bool {
		var state struct{ Posts struct{ Total int64 } }
		return status == http.StatusOK && json.Unmarshal(body, &state) == nil && state.Posts.Total >= n
	})
}
