package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"catsvdogs/services/embedded/kafka"
	pipelinebroker "catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// demo is the demo's binary, as a user starts it; it is built once for all tests.
func demo(t *testing.T) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(scratch, "demo")
	out, err := exec.Command("go", "build", "-o", binary, "catsvdogs/services/allinone/cmd/demo").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the demo: %w\n%s", err, out)
	}
	return binary, nil
})

// process is a running demo.
type process struct {
	*exec.Cmd
	url            string
	stdout, stderr bytes.Buffer
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
	p := &process{url: "http://" + addr}
	p.Cmd = exec.CommandContext(t.Context(), binary, append([]string{"--http", addr, "--no-open", "--contest", "../../contest.yaml"}, args...)...)
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// await polls what the process serves until ok says so.
func (p *process) await(t *testing.T, path, what string, ok func(status int, body []byte) bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
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
			_ = p.Process.Kill()
			_ = p.Wait()
			t.Fatalf("waited in vain for %s\n%s", what, &p.stderr)
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

func TestAKillInTheMiddleLosesNothingThatHadArrivedAndDoublesNoPost(t *testing.T) {
	t.Parallel()
	binary, data := demo(t), t.TempDir()
	for range 3 {
		p := startDemo(t, binary, "--data", data, "--rate", "2000", "--malformed", "0.01")
		p.awaitPosts(t, 1)
		p.awaitPosts(t, 600)
		if err := p.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait()
	}
	p := startDemo(t, binary, "--data", data, "--rate", "2000", "--posts", "200")
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &p.stderr)
	}
	s := parse(t, p.stdout.Bytes())
	s.balanced(t, "the run after the kills")
	// What the source had put into a socket when ingest was killed never arrived; that is for gap filling to mend. And
	// the embedded broker does not end a transaction in one write as Kafka does, so a kill may leave a batch committed
	// whose offsets are not: it is enriched again. From the first topic on nothing is lost, and each post stands in the
	// index once, however often it came.
	total := s.Total
	if total.Raw < 1800 || total.Enriched+total.DeadLettered < total.Raw {
		t.Errorf("records were lost: %+v", total)
	}
	if total.ArchivedRaw != total.Raw || total.ArchivedEnriched != total.Enriched {
		t.Errorf("the archive is not what the topics hold: %+v", total)
	}
	if distinct := distinctPosts(t, data); total.Indexed != distinct {
		t.Errorf("%d documents for %d posts", total.Indexed, distinct)
	}
}

func TestASignalDrainsAndPrintsTheSummary(t *testing.T) {
	t.Parallel()
	p := startDemo(t, demo(t), "--data", t.TempDir(), "--rate", "500")
	p.await(t, "/readyz", "readiness", func(status int, _ []byte) bool { return status == http.StatusOK })
	p.awaitPosts(t, 100)
	p.await(t, "/metrics", "the metrics of every stage", func(_ int, body []byte) bool {
		for _, stage := range []string{"simulator", "ingest", "enricher", "sink_index", "sink_archive", "live"} {
			if !bytes.Contains(body, []byte("catsvdogs_"+stage+"_")) {
				return false
			}
		}
		return true
	})
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &p.stderr)
	}
	parse(t, p.stdout.Bytes()).balanced(t, "the run")
	if strings.Contains(p.stderr.String(), "level=ERROR") {
		t.Errorf("a clean stop logs errors:\n%s", &p.stderr)
	}
}

func TestAStartThatCannotWorkSaysWhatToDo(t *testing.T) {
	t.Parallel()
	binary := demo(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // after the parallel tests below
	broken := filepath.Join(t.TempDir(), "contest.yaml")
	if err := os.WriteFile(broken, []byte("name: x\nteams:\n  - id: Cats\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"a port that is taken":  {[]string{"--http", taken.Addr().String(), "--data", t.TempDir()}, 1, []string{"address already in use", "--http"}},
		"a folder that is none": {[]string{"--data", filepath.Join(file, "data")}, 1, []string{"--data"}},
		"a broken contest":      {[]string{"--contest", broken}, 2, []string{"contest.yaml:3:9", "teams.0.id"}},
		"bad flags":             {[]string{"--rate", "many", "--posts=-1", "--colour", "red"}, 2, []string{"--rate", "--posts", "--colour", "--help"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--no-open", "--http", "127.0.0.1:0", "--contest", "../../contest.yaml", "--data", t.TempDir()}, c.args...)
			out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
			exit, ok := err.(*exec.ExitError) //nolint:errorlint // Run returns it bare
			if !ok || exit.ExitCode() != c.code {
				t.Errorf("exit %v, want %d", err, c.code)
			}
			for _, want := range c.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("the message lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

// distinctPosts counts the posts in tweets.enriched of a demo that has ended.
func distinctPosts(t *testing.T, data string) int64 {
	t.Helper()
	posts := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, brokerOf(t, data), topic.Enriched) {
		posts[string(r.Key)] = true
	}
	return int64(len(posts))
}

// brokerOf starts the broker of a demo that has ended.
func brokerOf(t *testing.T, data string) pipelinebroker.Config {
	t.Helper()
	b, err := kafka.Start(filepath.Join(data, "kafka"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return pipelinebroker.Config{KafkaBrokers: b.Addrs()}
}
