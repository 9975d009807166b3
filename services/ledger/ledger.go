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
//
// # What a round of a watch costs
//
// What has changed since the one before: topics from the offset on that was reached, posts that a record was of or that
// something is wrong with, documents by when they were indexed, objects that follow those that were judged. Each document is
// looked at once when it is there and once a minute later, each object by the name that the first record gives it; only
// where there is none of that name are all of the hours asked for that wait. BenchmarkARoundOverATenfoldHistory tells the
// ratio. A round that takes longer than --every is followed by the next at once.
//
// What was well is looked at again, so that what is damaged later is found: in ten seconds five hundred posts, those that
// were not looked at for the longest, and a hundred objects, partition by partition and hour by hour. So damage to one of
// 300,000 remembered posts is told within 100 minutes and one round more.
// Of the archive a watch remembers the latest 10,000 objects of each partition; it tells of those that are removed, replaced
// by something else than the records, or doubled. It does not tell of posts whose whole index is gone, as a lifecycle
// deletes it, but notes it, nor of offsets that it has never read. ledger audit judges everything.
package ledger

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/telemetry"
)

// Run draws up an account every cfg.Every until ctx ends, and then returns nil. A round that takes longer than that is
// followed by the next one at once, and the metrics say by how much it is late; the readiness does not care. A round that
// fails is logged, counted and said by the readiness; the next one goes on from what was read.
func Run(ctx context.Context, cfg Config) error {
	latest := &Latest{}
	tel, closeStage, err := cfg.Telemetry.Join("ledger", telemetry.Route{Pattern: "GET /account", Handler: latest})
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
	var due time.Time
	for {
		now := time.Now()
		if due.IsZero() {
			due = now
		}
		m.lag.Set(max(0, now.Sub(due)).Seconds())
		due = now.Add(cfg.Every)
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
			latest.Set(drawn)
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

// Set takes an account, which nobody may change from then on.
func (l *Latest) Set(a *account.Account) { l.drawn.Store(a) }

// Account is the latest account; nil before the first.
func (l *Latest) Account() *account.Account { return l.drawn.Load() }

// ServeHTTP answers with the latest account as JSON; 503 before the first.
func (l *Latest) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a := l.Account()
	if a == nil {
		http.Error(w, "there is no account yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a) // the reader has gone
}
