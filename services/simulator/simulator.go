package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/simulator/fault"
	"catsvdogs/services/simulator/world"
)

const (
	headerTimeout   = 5 * time.Second
	requestTimeout  = 30 * time.Second
	idleTimeout     = time.Minute
	shutdownTimeout = 2 * time.Second
	maxHeaderBytes  = 64 << 10
)

// Run serves until ctx ends or the simulator's own state breaks (the truth
// file cannot be written). On the end it finishes the line that is being
// written, ends the stream properly and returns within a bounded time; the
// result of a clean end is nil.
//
//	                     +-1- rules ----- GET/POST …/rules, …/rules/counts
//	                     |      | snapshot
//	world ─ post ─┐      |      v
//	              ├─> feed ──> connection ──> the stream's one client
//	fault ─ line ─┘      |
//	                     +-1- counts ---- /simulator/v1/status
//	                     +-1- truth ----- --truth FILE
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	tel, closeStage, err := cfg.Telemetry.Join("simulator")
	if err != nil {
		return err
	}
	defer closeStage()
	truth, err := openTruth(cfg.Truth)
	if err != nil {
		return err
	}
	ln, err := listen(ctx, cfg)
	if err != nil {
		return errors.Join(err, truth.close())
	}
	s := newServer(cfg, tel, truth)
	tel.Ready()
	err = s.serve(ctx, ln)
	return errors.Join(err, truth.close())
}

func listen(ctx context.Context, cfg Config) (net.Listener, error) {
	if cfg.Listener != nil {
		return cfg.Listener, nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on --listen=%s (is another program there? give another port): %w", cfg.Listen, err)
	}
	return ln, nil
}

func newServer(cfg Config, tel *telemetry.Stage, truth *truth) *server {
	m := newMetrics(tel.Registerer)
	start := wallClock()
	rules := newRuleSet(start)
	return &server{
		cfg: cfg, log: tel.Logger, now: wallClock, truth: truth, metrics: m, rules: rules,
		limits:  newLimits(wallClock),
		streams: newStreams(),
		feed: &feed{
			world: world.New(cfg.Seed, cfg.Rate, start), faults: fault.New(cfg.Seed, cfg.Malformed),
			rules: rules, truth: truth, metrics: m, now: wallClock, limit: cfg.Posts,
			writeTimeout: slowReaderTimeout, wake: make(chan struct{}, 1),
		},
	}
}

// wallClock leaves the monotonic reading out: it stands still while a computer
// sleeps, and posts would be dated in the past for ever after.
func wallClock() time.Time { return time.Now().Round(0) }

// serve runs the HTTP server on ln and, after the end of ctx, brings down
// streams and requests in this order.
func (s *server) serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	s.log.Info("simulator is ready", "address", ln.Addr().String(), "rate", s.cfg.Rate, "seed", s.cfg.Seed)

	failed := s.watch(ctx, served)
	// Streams are hijacked connections, which Shutdown does not know.
	s.streams.end()
	return errors.Join(failed, stage.Shutdown(srv, shutdownTimeout))
}

// watch returns when ctx ends (nil) or something of the server's own fails.
func (s *server) watch(ctx context.Context, served <-chan error) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case err := <-s.truth.failures():
		return err
	}
}
