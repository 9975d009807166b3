package group

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
)

// intake is the valve before the poll: it is open while the records in hand take less than the bound and nobody holds it.
// Use it from any goroutine; one waits.
type intake struct {
	max     int
	metrics *Metrics

	mu     sync.Mutex
	bytes  int // of records in hand
	full   bool
	held   bool
	opened chan struct{} // has one element after the valve has been opened
}

func newIntake(maxBytes int, m *Metrics) *intake {
	m.held.Set(0)
	return &intake{max: maxBytes, metrics: m, opened: make(chan struct{}, 1)}
}

// take counts records that have been polled.
func (i *intake) take(polled []*kgo.Record) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, r := range polled {
		i.bytes += broker.Footprint(r)
	}
	i.full = i.bytes >= i.max
	i.metrics.held.Set(float64(i.bytes))
}

// free counts a record that is done. The valve that was full opens at half of the bound, so that the next polls are
// large ones. What its user lets wait for somebody outside must be less than that half, or it would never open.
func (i *intake) free(r *kgo.Record) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bytes -= broker.Footprint(r)
	i.metrics.held.Set(float64(i.bytes))
	if i.full && i.bytes <= i.max/2 {
		i.full = false
		i.tell()
	}
}

// hold closes the valve until it is called with false.
func (i *intake) hold(on bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.held = on
	i.tell()
}

func (i *intake) tell() {
	select {
	case i.opened <- struct{}{}:
	default:
	}
}

// state says whether the valve is open and, if it is not, whether somebody holds it.
func (i *intake) state() (open, held bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.full && !i.held, i.held
}

// await returns when the valve is open; an error tells that ctx has ended before. paused is told when somebody holds the
// valve, and when nobody does any more.
func (i *intake) await(ctx context.Context, paused func(bool)) error {
	was := false
	defer func() {
		if was {
			paused(false)
		}
	}()
	for {
		open, held := i.state()
		if held != was {
			paused(held)
			was = held
		}
		if open {
			return nil
		}
		select {
		case <-i.opened:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
