package telemetry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAProcessIsReadyWhenAllItsStagesAre(t *testing.T) {
	t.Parallel()
	p := NewProcess(slog.New(slog.DiscardHandler))
	server := httptest.NewServer(p.Handler())
	defer server.Close()
	config := Config{Process: p}
	first, closeFirst, err := config.Join("first")
	if err != nil {
		t.Fatal(err)
	}
	defer closeFirst()
	second := first.Part("second")
	addr := strings.TrimPrefix(server.URL, "http://")

	check := func(want string) {
		t.Helper()
		err := Probe(t.Context(), addr)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("probe says %v, want %q", err, want)
		}
	}
	check("first: starting")
	first.Ready()
	check("second: starting")
	second.Ready()
	check("")
	second.Unready("the index is away")
	check("second: the index is away")
	if got := get(t, server.URL+"/healthz"); got != "ok\n" {
		t.Errorf("healthz: %q", got)
	}
	if got := get(t, server.URL+"/metrics"); !strings.Contains(got, "go_goroutines") {
		t.Errorf("metrics: %q", got)
	}
}

func TestAStandaloneStageServesItsTelemetryAndItsOwnRoutesUntilItIsClosed(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config := Config{TelemetryAddr: free.Addr().String(), LogLevel: "error"}
	if _, _, err := config.Join("taken"); err == nil || !strings.Contains(err.Error(), "--telemetry-addr") {
		t.Errorf("a port that is taken gives %v", err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	own := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "mine") })
	s, closeStage, err := config.Join("alone", Route{Pattern: "GET /own", Handler: own})
	if err != nil {
		t.Fatal(err)
	}
	s.Ready()
	if err := Probe(t.Context(), config.ProbeAddr()); err != nil {
		t.Error(err)
	}
	if got := get(t, "http://"+config.ProbeAddr()+"/own"); got != "mine" {
		t.Errorf("its own route: %q", got)
	}
	closeStage()
	if err := Probe(t.Context(), config.ProbeAddr()); err == nil {
		t.Error("it is still served")
	}
}

func TestAProbeOfAnUnspecifiedHostAsksThisMachine(t *testing.T) {
	t.Parallel()
	p := NewProcess(slog.New(slog.DiscardHandler))
	server := httptest.NewServer(p.Handler())
	defer server.Close()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{":" + port, "0.0.0.0:" + port} {
		if err := Probe(t.Context(), addr); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Probe(ctx, ":"+port) == nil {
		t.Error("a probe outlives its context")
	}
}

func TestQuantilesOfALatencyAreOffByFivePercentAtMost(t *testing.T) {
	t.Parallel()
	p := NewProcess(slog.New(slog.DiscardHandler))
	h := NewLatency("test_seconds", "For the test.")
	p.registry.MustRegister(h)
	if q, err := p.Quantiles("test_seconds", 0.5); err != nil || !math.IsNaN(q[0]) {
		t.Errorf("without observations: %v, %v", q, err)
	}
	for i := 1; i <= 1000; i++ {
		h.Observe(float64(i) / 1000)
	}
	got, err := p.Quantiles("test_seconds", 0.5, 0.99)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.5, 0.99} {
		if math.Abs(got[i]-want) > 0.05*want {
			t.Errorf("got %v, want %v", got[i], want)
		}
	}
	if _, err := p.Quantiles("none", 0.5); err == nil {
		t.Error("a histogram that is not there has quantiles")
	}
}

func TestTheLogFollowsLevelAndFormat(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := NewLogger(&b, "warn", "json")
	log.Info("quiet")
	log.Warn("loud")
	if !strings.Contains(b.String(), `"msg":"loud"`) || strings.Contains(b.String(), "quiet") {
		t.Error(b.String())
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
