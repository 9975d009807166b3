package allinone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"catsvdogs/services/ledger/account"
)

// accountEvery is how often the ledger draws up its account here, where people wait for it.
const accountEvery = 2 * time.Second

// finalAccountTimeout bounds the wait for an account of everything at the end.
const finalAccountTimeout = 30 * time.Second

// accounts keeps the ledger's latest account. Use it from any goroutine.
type accounts struct {
	mu     sync.Mutex
	latest *account.Account
}

func (a *accounts) publish(drawn *account.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.latest = drawn
}

// after is the latest account, if it was begun after a moment; else nil.
func (a *accounts) after(t time.Time) *account.Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.latest == nil || !a.latest.At.After(t) {
		return nil
	}
	return a.latest
}

// settled says what an account that was begun after a moment still has in flight; nil when it has nothing.
func (a *accounts) settled(t time.Time) error {
	switch drawn := a.after(t); {
	case drawn == nil:
		return errors.New("the ledger has not drawn up an account of everything")
	case !drawn.Settled:
		return fmt.Errorf("by the ledger's account %d are in flight: %s", drawn.Pending, drawn.Summary)
	}
	return nil
}

// final waits for an account of everything and returns it; where something stays in flight, the latest one.
func (a *accounts) final(ctx context.Context, from time.Time) *account.Account {
	ctx, cancel := context.WithTimeout(ctx, finalAccountTimeout)
	defer cancel()
	// What is not settled in time is in the account.
	_ = until(ctx, func(context.Context) error { return a.settled(from) })
	return a.after(from)
}

// ServeHTTP answers as the ledger's own GET /account does.
func (a *accounts) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	drawn := a.after(time.Time{})
	if drawn == nil {
		http.Error(w, "there is no account yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(drawn) // the reader may have gone
}
