package live

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Bounds on asking the ledger.
const (
	askLedgerEvery   = 5 * time.Second
	askLedgerTimeout = 4 * time.Second
	maxLedgerAnswer  = 4 << 20
)

// ledgerInput asks the ledger for its latest account. While it gives none the last one stays, with its time.
type ledgerInput struct {
	url    string
	client *http.Client
	log    *slog.Logger
	every  time.Duration
}

func newLedgerInput(url string, log *slog.Logger) *ledgerInput {
	return &ledgerInput{
		url: strings.TrimSuffix(url, "/") + "/account", log: log, every: askLedgerEvery,
		// A transport of its own, whose connections end with it.
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: 1, IdleConnTimeout: time.Minute}, Timeout: askLedgerTimeout},
	}
}

// follow asks until ctx ends and hands every account to took.
func (l *ledgerInput) follow(ctx context.Context, took func(*Account)) {
	defer l.client.CloseIdleConnections()
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	silent := false
	for {
		a, err := l.ask(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			took(a)
			silent = false
		case !silent: // said once, not every five seconds
			l.log.Warn("the ledger gives no account; the page shows the last one", "error", err)
			silent = true
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (l *ledgerInput) ask(ctx context.Context) (*Account, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the ledger: %w", err)
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the ledger: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the ledger: it answers %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxLedgerAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the ledger's answer: %w", err)
	}
	a, err := readAccount(body)
	if err != nil {
		return nil, fmt.Errorf("read the ledger's answer: %w", err)
	}
	return a, nil
}
