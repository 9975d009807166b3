package bulk

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Options say how a Writer writes.
type Options struct {
	Bounds        Bounds
	FlushInterval time.Duration // longest that a document waits for others, while the index takes documents
	Template      string        // index template that must be there, and the alias that it gives each index
	Parking       int           // bytes, by Item.Memory, that may wait for indices which take no documents before nothing more is read
	Adds          []string      // fields that the user adds to documents: a mapping without them holds documents up and refuses none
	Logger        *slog.Logger
	Status        Status
	Metrics       *Metrics
}

// Writer stores documents. What it has learnt of the server's speed outlives a Run.
type Writer struct {
	transport esapi.Transport
	options   Options
	throttle  *throttle
	ground    ground
	unknown   unknown
	alone     atomic.Int32 // documents in a row that were refused by the refusal of a whole request
}

// NewWriter returns a Writer. It does not touch the network.
func NewWriter(transport esapi.Transport, o Options) *Writer {
	return &Writer{transport: transport, options: o, throttle: newThrottle(o.Bounds, o.Metrics)}
}

// Run sends what comes from in until in is closed and each item is settled, for as long as that takes. held is told when
// the index stops taking documents and when it takes them again, so that the user can stop reading meanwhile; what comes
// all the same is queued. Documents of one index that takes none wait apart. An error tells that ctx has ended before, or
// that after in was closed only such documents are left; then some items are not settled and never will be. One Run at a
// time.
func (w *Writer) Run(ctx context.Context, in <-chan []*Item, held func(bool)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	q := newQueue()
	r := &run{
		Writer: w, queue: q, parking: newParking(q), in: in, ended: make(chan ended, w.options.Bounds.MaxConcurrency),
		standing: &standing{status: w.options.Status, held: held},
	}
	err := r.loop(ctx)
	cancel(err)
	for range r.underWay {
		<-r.ended
	}
	return err
}

// run is one Run: the goroutine that owns the queue, and the workers that it starts.
type run struct {
	*Writer
	queue    *queue
	parking  *parking
	in       <-chan []*Item // nil once it is closed
	ended    chan ended     // has room for every worker, so that none of them hangs
	underWay int            // workers
	standing *standing
}

// ended is the end of a worker: each of its items is settled or blocked, or there is an error.
type ended struct {
	settled, blocked []*Item
	asked            string // index of the lot that the items came from, "" for none
	err              error
}

func (r *run) loop(ctx context.Context) error {
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		alarm.Reset(r.start(ctx))
		if r.in == nil && r.underWay == 0 {
			if why := r.parking.reason(false); why != "" {
				return errors.New(why)
			}
			return nil
		}
		select {
		case items, more := <-r.in:
			if !more {
				r.in = nil
			}
			now := time.Now()
			for _, it := range items {
				r.queue.add(it, now)
			}
		case e := <-r.ended:
			r.underWay--
			if e.err != nil {
				return e.err
			}
			r.queue.settled(e.settled)
			for _, it := range r.parking.blocked(e.blocked, e.asked, time.Now()) {
				r.queue.enter(it)
			}
		case <-alarm.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// start starts a worker for each bulk that is due, and returns when to look again if nothing happens before.
func (r *run) start(ctx context.Context) time.Duration {
	defer func() {
		full := r.queue.parked > r.options.Parking
		r.standing.parks(r.parking.reason(full), full)
	}()
	for {
		bytes, concurrency := r.throttle.allowed()
		if r.underWay >= concurrency {
			return time.Hour // until one of them ends
		}
		index, asking, again := r.parking.ask(time.Now(), bytes)
		if len(asking) > 0 {
			r.work(ctx, asking, index)
			continue
		}
		due, left := r.queue.due(time.Now(), bytes, r.options.FlushInterval, r.underWay == 0)
		if !due && (left < 0 || r.in != nil) {
			return soonest(left, again)
		}
		if items := r.parking.divert(r.queue.take(bytes)); len(items) > 0 {
			r.work(ctx, items, "")
		}
	}
}

func (r *run) work(ctx context.Context, items []*Item, asked string) {
	r.underWay++
	go func() {
		e := ended{asked: asked}
		e.settled, e.blocked, e.err = r.store(ctx, items)
		r.ended <- e
	}()
}

// soonest is the shorter of two waits, of which one below zero has no end; an hour for two of these, until something comes.
func soonest(a, b time.Duration) time.Duration {
	switch {
	case a < 0 && b < 0:
		return time.Hour
	case a < 0:
		return b
	case b < 0:
		return a
	}
	return min(a, b)
}
