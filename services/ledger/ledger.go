// Package ledger keeps an account of every record: what the source handed over, what is in the topics, in the index and in
// the archive. It says for each post and each offset that it is there exactly once, at its newest version and with the
// right content, or names the gap, the double, the stale. It changes nothing of what it audits.
//
// It knows the formats by their schemas and descriptions (schemas/, README.md, ARCHITECTURE.md) and has read none of them
// through the code that writes them: who checks with the same code finds no fault of it. So this module imports nothing of
// ours but how servers are reached, how a command is configured, and names of topics; a test holds it to that.
//
// What balanced means is package account's. This package owns the questions to the servers, the order in which they are
// asked, and what is told to people and machines.
//
//	truth ────────────┐                                       ┌─▶ table, JSON, exit status   (ledger audit)
//	tweets.dlq ───────┤                                       │
//	tweets.enriched ──┼──▶ book: what was read ──▶ account ──▶┼─▶ GET /account, metrics      (ledger watch)
//	tweets.raw ───────┤    (incremental, bounded)             ├─▶ index catsvdogs-ledger        (ledger watch)
//	archive ──────────┤                                       └─▶ --state, for the next audit
//	index ────────────┘
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/httpguard"
	"catsvdogs/services/pipeline/telemetry"
)

// Run draws up an account every cfg.Every until ctx ends, and then returns nil. A round that fails is logged, counted and
// said by the readiness; the next one goes on from what was read.
func Run(ctx context.Context, cfg Config) error {
	latest := &Latest{}
	closeServer, err := cfg.serve(latest)
	if err != nil {
		return err
	}
	defer closeServer()
	tel, closeStage, err := cfg.Telemetry.Join("ledger")
	if err != nil {
		return err
	}
	defer closeStage()
	a, err := newAuditor(cfg, tel.Logger)
	if err != nil {
		return err
	}
	defer a.close()
	m := newMetrics(tel.Registerer)
	var k *keeper
	if cfg.Index && cfg.KeepAccounts {
		k = newKeeper(a.index, tel.Logger, tel.Registerer)
	}
	tick := time.NewTicker(cfg.Every)
	defer tick.Stop()
	for {
		drawn, err := a.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			m.failed.Inc()
			tel.Unready(err.Error())
			tel.Logger.Error("no account could be drawn up; the next round tries again", "error", err)
		default:
			m.set(drawn)
			latest.set(drawn)
			if cfg.Published != nil {
				cfg.Published(drawn)
			}
			tel.Ready()
			if k != nil {
				k.keep(ctx, drawn)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Latest is the latest account, for whoever asks. Use it from any goroutine; the zero value has none.
type Latest struct {
	drawn atomic.Pointer[account.Account]
}

func (l *Latest) set(a *account.Account) { l.drawn.Store(a) }

// ServeHTTP answers with the latest account as JSON; 503 before the first.
func (l *Latest) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a := l.drawn.Load()
	if a == nil {
		http.Error(w, "there is no account yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a) // the reader has gone
}

// serve answers metrics, health and the account, unless the stage joins a process that has a server of its own.
func (c *Config) serve(latest *Latest) (closeServer func(), err error) {
	if c.Telemetry.Process != nil {
		return func() {}, nil
	}
	logger := telemetry.NewLogger(os.Stderr, c.Telemetry.LogLevel, c.Telemetry.LogFormat)
	process := telemetry.NewProcess(logger)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", c.Telemetry.TelemetryAddr)
	if err != nil {
		return nil, fmt.Errorf("serve metrics and the account: %w; choose another --telemetry-addr", err)
	}
	c.Telemetry.Process = process
	mux := http.NewServeMux()
	mux.Handle("GET /account", latest)
	mux.Handle("/", process.Handler())
	server := httpguard.Server(mux, httpguard.Bounds{Connections: 100}, logger)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with the process
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if errors.Is(server.Shutdown(ctx), context.DeadlineExceeded) {
			_ = server.Close()
		}
		<-served
	}, nil
}
