package allinone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"catsvdogs/services/ledger"
	"catsvdogs/services/ledger/account"
)

// accountEvery is how often the ledger draws up its account here, where people wait for it.
const accountEvery = 2 * time.Second

// finalAccountTimeout bounds the wait for an account of everything at the end.
const finalAccountTimeout = 30 * time.Second

// accounts waits for the ledger's accounts. Use it from any goroutine.
type accounts struct{ ledger.Latest }

// after is the latest account, if it was begun after a moment; else nil.
func (a *accounts) after(t time.Time) *account.Account {
	drawn := a.Account()
	if drawn == nil || !drawn.At.After(t) {
		return nil
	}
	return drawn
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
