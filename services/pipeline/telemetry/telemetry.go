// Package telemetry is what every process shows of itself: structured logs, metrics, whether it lives and whether it is
// ready. A process has one Process; each stage in it has a Stage, so that several stages can share a process without
// knowing.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/stage"
)

// Config is the part of every service's configuration that this package owns.
type Config struct {
	TelemetryAddr string `help:"Where /metrics, /healthz and /readyz are served." default:"127.0.0.1:9090" placeholder:"HOST:PORT"`
	LogLevel      string `help:"What is logged: ${enum}." default:"info" enum:"debug,info,warn,error"`
	LogFormat     string `help:"How it is logged: ${enum}." default:"text" enum:"text,json"`

	// Process is joined instead of starting one; TelemetryAddr is then not used.
	Process *Process `kong:"-"`
}

// Check checks what can be checked before the start.
func (c Config) Check() error {
	if c.Process != nil {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.TelemetryAddr); err != nil {
		return fmt.Errorf("--telemetry-addr: %w; give HOST:PORT", err)
	}
	return nil
}

// Stage is a part of a process: its logger, its metrics and its readiness.
type Stage struct {
	Logger     *slog.Logger
	Registerer prometheus.Registerer

	process *Process
	name    string
}

// Route is something that a stage answers itself, beside metrics and health.
type Route struct {
	Pattern string // of http.ServeMux, such as "GET /status"
	Handler http.Handler
}

// Join returns the stage of this name in c.Process, or starts a process for it. Call close when the stage has ended;
// the stage counts as not ready until Ready has been called. Its own routes are served in a process that is started for it
// alone; one that is joined has the address, and decides what is served there.
func (c Config) Join(name string, own ...Route) (s *Stage, closeStage func(), err error) {
	if c.Process != nil {
		return c.Process.stage(name), func() {}, nil
	}
	p := NewProcess(NewLogger(os.Stderr, c.LogLevel, c.LogFormat))
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", c.TelemetryAddr)
	if err != nil {
		return nil, nil, fmt.Errorf("serve metrics and health: %w; choose another --telemetry-addr", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", p.Handler())
	for _, r := range own {
		mux.Handle(r.Pattern, r.Handler)
	}
	server := httpguard.Server(mux, httpguard.Bounds{Connections: 100}, p.logger)
	var served sync.WaitGroup
	served.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.logger.Error("metrics and health are not served any more", "error", err)
		}
	})
	return p.stage(name), func() {
		_ = stage.Shutdown(server, time.Second) // the process ends; there is nothing to mend
		served.Wait()
	}, nil
}

// Ready says that the stage does its work. A stage may become unready again; give the reason then.
func (s *Stage) Ready() { s.process.set(s.name, "") }

// Unready says why the stage does not do its work just now.
func (s *Stage) Unready(reason string) { s.process.set(s.name, reason) }

// Process collects what the stages of one process show. Use it from any goroutine.
type Process struct {
	logger   *slog.Logger
	registry *prometheus.Registry

	mu      sync.Mutex
	unready map[string]string // stage to reason; "" when ready
}

// NewProcess returns a process with the metrics of the Go runtime.
func NewProcess(logger *slog.Logger) *Process {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return &Process{logger: logger, registry: r, unready: map[string]string{}}
}

// NewLogger returns a logger that writes to w. level and format are values of Config.
func NewLogger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func (p *Process) stage(name string) *Stage {
	p.set(name, "starting")
	return &Stage{Logger: p.logger.With("stage", name), Registerer: p.registry, process: p, name: name}
}

func (p *Process) set(stage, reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unready[stage] = reason
}

// Unready lists the stages that are not ready, each with its reason; empty when all are.
func (p *Process) Unready() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]string{}
	for stage, reason := range p.unready {
		if reason != "" {
			out[stage] = reason
		}
	}
	return out
}

// Gatherer gives the metrics of all stages.
func (p *Process) Gatherer() prometheus.Gatherer { return p.registry }

// Handler serves GET /metrics (Prometheus), /healthz (200 while the process can answer) and /readyz (200 when every
// stage is ready, otherwise 503 and a line for each that is not).
func (p *Process) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		unready := p.Unready()
		if len(unready) == 0 {
			_, _ = io.WriteString(w, "ready\n")
			return
		}
		var b strings.Builder
		for stage, reason := range unready {
			fmt.Fprintf(&b, "%s: %s\n", stage, reason)
		}
		http.Error(w, b.String(), http.StatusServiceUnavailable)
	})
	return mux
}

// ProbeAddr is where the process answers /readyz.
func (c Config) ProbeAddr() string { return c.TelemetryAddr }

// Part returns another stage of the same process, with its own name and readiness.
func (s *Stage) Part(name string) *Stage { return s.process.stage(name) }

// StartingOver says that a session of the stage has failed and that the next one begins after a pause. It fits
// stage.Sessions.
func (s *Stage) StartingOver(err error, again time.Duration) {
	s.Unready(err.Error())
	s.Logger.Error("starting over from what is committed", "error", err, "again_in", again.Round(time.Millisecond))
}
