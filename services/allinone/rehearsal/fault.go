package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrUnknown is in the chain when there is no fault of that name.
var ErrUnknown = errors.New("there is no such fault")

// Fault is something that goes wrong for a while.
type Fault struct {
	Name string
	Says string        // to people, in one sentence
	For  time.Duration // how long it lasts; 0 for what happens at once

	// Begin lets it happen, and End lets it stop; nil where it stops by itself. hit is to be called whenever somebody has met
	// it. Both return soon.
	Begin func(ctx context.Context, hit func()) error
	End   func()
}

// State is how a fault stands.
type State struct {
	Name  string `json:"name"`
	Says  string `json:"says"`
	For   string `json:"for,omitempty"`
	On    bool   `json:"on"`
	Began int64  `json:"began"` // how often it was made
	Hits  int64  `json:"hits"`  // how often somebody has met it
}

// Board makes faults. Use it from any goroutine.
type Board struct {
	log *slog.Logger
	// Elsewhere tells of faults whose hits somebody else counts; nil where nobody does. It is not to be changed once the board
	// is in use.
	Elsewhere func(ctx context.Context) (map[string]int64, error)

	mu     sync.Mutex
	faults []*standing
	over   bool
}

type standing struct {
	Fault
	began, hits atomic.Int64
	stop        *time.Timer // nil while it is off
}

// NewBoard makes a board of these faults, each with a name of its own.
func NewBoard(log *slog.Logger, faults ...Fault) *Board {
	b := &Board{log: log}
	for _, f := range faults {
		b.faults = append(b.faults, &standing{Fault: f})
	}
	return b
}

// Make lets a fault happen. One that is on goes on for its time from now. Once Close was called nothing happens any more.
func (b *Board) Make(ctx context.Context, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.faults, func(f *standing) bool { return f.Name == name })
	if i < 0 {
		return fmt.Errorf("%w: %q", ErrUnknown, name)
	}
	f := b.faults[i]
	if b.over {
		return errors.New("the demo is stopping")
	}
	if f.stop != nil && f.stop.Stop() {
		f.stop.Reset(f.For)
		f.began.Add(1)
		return nil
	}
	if err := f.Begin(ctx, func() { f.hits.Add(1) }); err != nil {
		return fmt.Errorf("make the fault %s: %w", name, err)
	}
	f.began.Add(1)
	b.log.Info("a fault was made", "fault", name, "for", f.For)
	if f.End != nil {
		f.stop = time.AfterFunc(f.For, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.end(f)
		})
	}
	return nil
}

// end is called with mu held.
func (b *Board) end(f *standing) {
	if f.stop == nil {
		return
	}
	f.stop.Stop()
	f.stop = nil
	f.End()
	b.log.Info("a fault is over", "fault", f.Name, "hits", f.hits.Load())
}

// Close ends all faults and lets none happen any more.
func (b *Board) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	for _, f := range b.faults {
		b.end(f)
	}
}

// States are those of all faults, in the order in which the board was given them. Where Elsewhere does not answer, its counts
// stay what they were.
func (b *Board) States(ctx context.Context) []State {
	var counted map[string]int64
	if b.Elsewhere != nil {
		var err error
		if counted, err = b.Elsewhere(ctx); err != nil {
			b.log.Debug("the faults' counts stay what they were", "error", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []State
	for _, f := range b.faults {
		if n, ok := counted[f.Name]; ok {
			f.hits.Store(n)
		}
		s := State{Name: f.Name, Says: f.Says, On: f.stop != nil, Began: f.began.Load(), Hits: f.hits.Load()}
		if f.For > 0 {
			s.For = f.For.String()
		}
		all = append(all, s)
	}
	return all
}
