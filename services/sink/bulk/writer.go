package bulk

import (
	"context"
	"log/slog"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Options say how a Writer writes.
type Options struct {
	Bounds        Bounds
	FlushInterval time.Duration // longest that a document waits for others, while the index takes documents
	Template      string        // index template that must be there
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
}

// NewWriter returns a Writer. It does not touch the network.
func NewWriter(transport esapi.Transport, o Options) *Writer {
	return &Writer{transport: transport, options: o, throttle: newThrottle(o.Bounds, o.Metrics)}
}

// Run sends what comes from in until in is closed and each item is settled, for as long as that takes. held is told when
// the index stops taking documents and when it takes them again, so that the user can stop reading meanwhile; what comes
// all the same is queued. An error tells that ctx has ended before; then some items are not settled and never will be.
// One Run at a time.
func (w *Writer) Run(ctx context.Context, in <-chan []*Item, held func(bool)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &run{
		Writer: w, queue: newQueue(), in: in, ended: make(chan ended, w.options.Bounds.MaxConcurrency),
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
	in       <-chan []*Item // nil once it is closed
	ended    chan ended     // has room for every worker, so that none of them hangs
	underWay int            // workers
	standing *standing
}

// ended is the end of a worker: its items are settled, or there is an error.
type ended struct {
	items []*Item
	err   error
}

func (r *run) loop(ctx context.Context) error {
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		alarm.Reset(r.start(ctx))
		if r.in == nil && r.underWay == 0 {
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
			r.queue.settled(e.items)
		case <-alarm.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// start starts a worker for each bulk that is due, and returns when to look again if nothing happens before.
func (r *run) start(ctx context.Context) time.Duration {
	for {
		bytes, concurrency := r.throttle.allowed()
		if r.underWay >= concurrency {
			return time.Hour // until one of them ends
		}
		due, left := r.queue.due(time.Now(), bytes, r.options.FlushInterval, r.underWay == 0)
		if left < 0 && !due {
			return time.Hour // until something comes
		}
		if !due && r.in != nil {
			return left
		}
		items := r.queue.take(bytes)
		r.underWay++
		go func() { r.ended <- ended{items: items, err: r.store(ctx, items)} }()
	}
}
