package browser

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// demoVariable names the demo's program.
const demoVariable = "TEST_DEMO"

func TestTheDemosPageSurvivesARestartAndCountsWhatTheTopicHolds(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	program := os.Getenv(demoVariable)
	if program == "" {
		t.Skip("set " + demoVariable + " to the demo, or run make test-browser")
	}
	address, data := freeAddress(t), t.TempDir()
	first := startDemo(t, program, "--http", address, "--data", data, "--rate", "200")
	opened := b.openWhenUp(t, "http://"+address)
	opened.await(t, score(1)+".replaceAll(',', '') > 300")
	opened.await(t, "document.querySelector('.post.simulated') !== null && document.querySelectorAll('#hashtags li').length > 3")
	first.stop(t)
	opened.await(t, "document.getElementById('connection').textContent.startsWith('Reconnecting, numbers are ')")

	// So slow that no post comes in the seconds that follow: the numbers stand still and can be compared.
	second := startDemo(t, program, "--http", address, "--data", data, "--rate", "0.001")
	opened.await(t, "document.getElementById('connection').textContent.startsWith('Live, ')")
	opened.await(t, "fetch('/api/v1/contest').then((a) => a.json()).then((s) => s.progress.phase === 'live' && s.posts.total === Number("+score(1)+".replaceAll(',', '')))")
	shown := strings.ReplaceAll(evaluate[string](t, opened, score(1)), ",", "")
	second.stop(t)

	// The newest record of a post says whether it is still there; one without a value is its deletion.
	posts := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, brokerOf(t, data), topic.Enriched) {
		posts[string(r.Key)] = r.Value != nil
	}
	counted := int64(0)
	for _, there := range posts {
		if there {
			counted++
		}
	}
	if want := strings.ReplaceAll(grouped(counted), ",", ""); shown != want || counted < 300 {
		t.Errorf("the page shows %s posts, the topic holds %s", shown, want)
	}
	if c := opened.complaints("ERR_"); len(c) > 0 {
		t.Errorf("the console has %q", c)
	}
}

type process struct{ *exec.Cmd }

func startDemo(t *testing.T, program string, args ...string) process {
	t.Helper()
	p := process{exec.CommandContext(context.WithoutCancel(t.Context()), program, append([]string{"--no-open", "--contest", "../../../contest.yaml"}, args...)...)} //nolint:gosec // the test's own argument
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	return p
}

func (p process) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
}

// openWhenUp opens the address as soon as somebody answers there.
func (b *tab) openWhenUp(t *testing.T, address string) *tab {
	t.Helper()
	await(t, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, "the demo listens")
	return b.open(t, address)
}

// freeAddress is one that nobody listened at a moment ago: both runs of the demo need the same.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // nothing was accepted
	return l.Addr().String()
}

// brokerOf starts the broker of a demo that has ended.
func brokerOf(t *testing.T, data string) broker.Config {
	t.Helper()
	b, err := kafka.Start(t.Context(), filepath.Join(data, "kafka"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return broker.Config{KafkaBrokers: b.Addrs()}
}
