package allinone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cli/browser"

	"catsvdogs/services/allinone/rehearsal"
	"catsvdogs/services/enricher"
	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/provision"
)

// Bounds on a stop: how long it waits for one stage to store what is before it, and for all stages to end.
const (
	drainTimeout = 2 * time.Minute
	stopTimeout  = time.Minute
)

// Run runs the demo until ctx ends or what --for or --posts say has been reached. Then it pauses the source, waits until
// everything behind it has been stored, stops the stages in the order in which data flows, and prints the summary.
//
//	simulator ──▶ ingest ──▶ (Kafka) ──▶ enricher ──▶ (Kafka) ──┬──▶ sink ──▶ (Elasticsearch), (S3)
//	    │                       ▲                               ├──▶ live ──▶ browsers
//	    └──────── looks ── refresher ◀──────────────────────────┘
//
//	ledger: reads all of it past what faults do to the services; rehearsal: makes the faults
//
// in parentheses: embedded servers, or real ones whose address was given.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Stdout == nil {
		cfg.Stdout = os.Stdout
	}
	if cfg.Stderr == nil {
		cfg.Stderr = os.Stderr
	}
	data, err := filepath.Abs(cfg.Data)
	if err != nil {
		return fmt.Errorf("find the data folder: %w", err)
	}
	cfg.Data = data
	unlock, err := lockData(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	// Asked for first, because a port that is taken is the commonest mistake and the cheapest to find.
	page, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.HTTP)
	if err != nil {
		return fmt.Errorf("serve the page: %w; choose another address with --http", err)
	}
	defer func() { _ = page.Close() }() // the stage has closed it unless it never began
	x, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve the simulated X API: %w", err)
	}
	defer func() { _ = x.Close() }()

	logger := telemetry.NewLogger(cfg.Stderr, cfg.LogLevel, cfg.LogFormat)
	embedded, err := startServers(ctx, &cfg, logger)
	if stage.Ended(ctx, err) {
		return nil // stopped before it had begun
	}
	if err != nil {
		return err
	}
	err = run(ctx, cfg, embedded, logger, x, page)
	if stage.Ended(ctx, err) {
		err = nil // stopped before it had begun
	}
	return errors.Join(err, embedded.close())
}

// run is Run with the servers up.
func run(ctx context.Context, cfg Config, embedded *servers, logger *slog.Logger, x, page net.Listener) error {
	died := new(atomic.Bool)
	process := telemetry.NewProcess(slog.New(mortal{logger.Handler(), "enricher", died}))
	progress := io.Discard // embedded servers are up already
	if embedded.kafka == nil || embedded.index == nil || embedded.store == nil {
		progress = cfg.Stderr
	}
	err := provision.Run(ctx, provision.Config{
		Kafka: cfg.Kafka, Elasticsearch: cfg.Elasticsearch, S3: cfg.S3,
		Partitions: topic.Partitions, Replication: -1, WaitFor: time.Minute, Out: progress,
		// The embedded broker compacts at once, without the lag that lets every reader see a record first.
		KeepAll: embedded.kafka != nil,
	})
	if err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	services := cfg
	ways, err := openWays(ctx, &services, embedded, logger)
	if err != nil {
		return err
	}
	defer ways.close()
	shown, source := &accounts{}, &source{url: "http://" + x.Addr().String()}
	var board *rehearsal.Board
	again, stages, err := compose(services, cfg, process, x, page, shown, func(cfg enricher.Config) *enrichers { return newEnrichers(cfg, logger, died) }, func(e *enrichers) http.Handler {
		board = rehearsal.NewBoard(logger, ways.faults(source.url, cfg.Kafka, e)...)
		board.Elsewhere = func(ctx context.Context) (map[string]int64, error) { return rehearsal.Fired(ctx, source.url) }
		return rehearsal.Handler(board, shown)
	})
	if err != nil {
		return err
	}
	count, err := newCounter(cfg, process, time.Now())
	if err != nil {
		return err
	}
	defer count.close()

	group, looks := stage.Start(ctx, stages...), stage.Start(ctx, again)
	address := "http://" + visitable(page.Addr())
	say(cfg, "Cats v Dogs is at %s, with simulated posts. Stop it with Ctrl-C.", address)
	if cfg.Open {
		openPage(address)
	}
	runErr := rehearsed(ctx, cfg, board, func(ctx context.Context) error { return untilDone(ctx, cfg, source, group, looks) })
	// From here on a second signal is what ends it; counting a large folder takes as long as it takes.
	stopping := context.WithoutCancel(ctx)
	if runErr != nil {
		return errors.Join(runErr, stopAll(stopping, looks), stopAll(stopping, group))
	}
	say(cfg, "Stopping: waiting until everything has been stored, and counting it …")
	// Looks go on as long as there are posts; what they have written is part of what has to be stored.
	looksErr := stopAll(stopping, looks)
	byLedger := shown
	if !cfg.Ledger || !ofSource(stopping, board) {
		byLedger = nil
	}
	truth, drainErr := drain(stopping, source, count, byLedger)
	var final *account.Account
	if cfg.Ledger && drainErr == nil {
		final = shown.final(stopping, time.Now())
	}
	faults := board.States(stopping) // while the simulator is there to be asked
	if err := errors.Join(looksErr, drainErr, stopAll(stopping, group)); err != nil {
		return err
	}
	summary, err := count.summary(stopping, truth)
	if err != nil {
		return err
	}
	summary.tell(final, faults)
	return summary.write(cfg.Stdout)
}

func stopAll(ctx context.Context, group *stage.Group) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	return group.Stop(ctx)
}

// untilDone waits for the end that was asked for; it returns an error when a stage ends before.
func untilDone(ctx context.Context, cfg Config, source *source, group, looks *stage.Group) error {
	var over <-chan time.Time
	if cfg.For > 0 {
		over = time.After(cfg.For)
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case err := <-group.Failed():
			return err
		case err := <-looks.Failed():
			return err
		case <-look.C:
			if cfg.Posts == 0 {
				continue
			}
			// An error only means that the simulator is not up yet; when it fails, group says so.
			if truth, err := source.status(ctx); err == nil && truth.Finished {
				return nil
			}
		}
	}
}

func say(cfg Config, format string, args ...any) {
	_, _ = fmt.Fprintf(cfg.Stderr, format+"\n", args...) // talk; its loss stops nothing
}

// visitable is where a listener can be visited: one that listens everywhere is visited on this machine.
func visitable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}

// openPage shows the page to somebody who sits at this machine. Where there is no desktop nothing happens.
func openPage(address string) {
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	_ = browser.OpenURL(address)
}
