package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/fault"
	"catsvdogs/services/simulator/faultplan"
	"catsvdogs/services/simulator/world"
)

const (
	answerTimeout   = 10 * time.Minute // the results of a compliance job; and the fault plan holds answers back
	shutdownTimeout = 2 * time.Second
	maxHeadBytes    = 64 << 10 // a hundred ids and all fields stand in the address
)

// Run serves until ctx ends or the simulator's own state breaks (the truth
// file cannot be written). On the end it finishes the line that is being
// written, ends the stream properly and returns within a bounded time; the
// result of a clean end is nil.
//
//	                     +-1- rules ----- GET/POST …/rules, …/rules/counts
//	                     |      | snapshot
//	world ─ post ─┐      |      v
//	              ├─> feed ──> session ──> connection ──> the stream's one client
//	fault ─ line ─┘    ^ |        ^
//	          keeper ──┘ |        └─ faultplan <── --faults, --fault-rate, /simulator/v1/faults
//	                     +-1- counts ------ /simulator/v1/status
//	                     +-1- truth ------- --truth FILE, /simulator/v1/truth; --available FILE
//	                     +-1- chronicle --- look-up, search, counts, usage, compliance jobs,
//	                                        /simulator/v1/engagement
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	tel, closeStage, err := cfg.Telemetry.Join("simulator")
	if err != nil {
		return err
	}
	defer closeStage()
	script, err := readScript(cfg.Faults)
	if err != nil {
		return err
	}
	truth, err := openTruth(cfg.Truth, cfg.RememberTruth)
	if err != nil {
		return err
	}
	available, err := openAvailable(cfg.Available)
	if err != nil {
		return errors.Join(err, truth.close())
	}
	ln, err := listen(ctx, cfg)
	if err == nil {
		ln, err = overTLS(ln, cfg)
	}
	if err != nil {
		return errors.Join(err, truth.close(), available.close())
	}
	s := newServer(cfg, tel, truth, available)
	s.script = script
	tel.Ready()
	err = s.serve(ctx, ln)
	return errors.Join(err, truth.close(), available.close())
}

// readScript reads --faults; "" gives none.
func readScript(path string) ([]faultplan.Step, error) {
	if path == "" {
		return nil, nil // no script is no error
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open --faults: %w", err)
	}
	defer func() { _ = file.Close() }()
	steps, err := faultplan.ParseScript(file)
	if err != nil {
		return nil, fmt.Errorf("read --faults=%s: %w", path, err)
	}
	return steps, nil
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

func newServer(cfg Config, tel *telemetry.Stage, truth *truth, available *available) *server {
	cfg = cfg.complete()
	m := newMetrics(tel.Registerer)
	start := wallClock()
	rules, inhabited := newRuleSet(start), world.New(cfg.Seed, cfg.Rate, start)
	engagement := world.Engagement{Seed: cfg.Seed, HalfLife: cfg.HalfLife, Deleted: cfg.Deleted, Protected: cfg.Protected}
	feed := &feed{
		world: inhabited, faults: fault.New(cfg.Seed, cfg.Malformed),
		chronicle: chronicle.New(inhabited, engagement, cfg.Remember),
		rules:     rules, truth: truth, available: available, metrics: m, now: wallClock, limit: cfg.Posts,
		writeTimeout: slowReaderTimeout, wake: make(chan struct{}, 1), idle: make(chan struct{}, 1),
	}
	feed.board = faultplan.NewBoard(feed.stir, func(name faultplan.Name) { m.faults.WithLabelValues(string(name)).Inc() })
	m.remembers(tel.Registerer, feed.chronicle.Len)
	return &server{
		cfg: cfg, log: tel.Logger, now: wallClock, start: start, truth: truth, available: available, metrics: m, rules: rules,
		limits:      newLimits(wallClock, cfg.Searches),
		connections: newConnections(wallClock),
		jobs:        newJobs(wallClock, cfg.ComplianceTakes),
		feed:        feed, chronicle: feed.chronicle, authors: inhabited, board: feed.board,
	}
}

// wallClock leaves the monotonic reading out: it stands still while a computer
// sleeps, and posts would be dated in the past for ever after.
func wallClock() time.Time { return time.Now().Round(0) }

// serve runs the HTTP server on ln and, after the end of ctx, brings down
// streams and requests in this order.
func (s *server) serve(ctx context.Context, ln net.Listener) error {
	srv := httpguard.Server(s.handler(), httpguard.Bounds{Answer: answerTimeout, HeadBytes: maxHeadBytes, BodyBytes: 2 * maxUpload}, s.log)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	s.log.Info("simulator is ready", "address", ln.Addr().String(), "rate", s.cfg.Rate, "seed", s.cfg.Seed)

	background, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { s.feed.keep(background) })
	beside.Go(func() { s.misbehave(background) })
	failed := s.watch(ctx, served)
	// Streams are hijacked connections, which Shutdown does not know.
	s.connections.end()
	stop()
	beside.Wait()
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
	case err := <-s.available.failures():
		return err
	}
}
