package jetstream

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/bluesky"
)

// How far before the last position the stream is asked for again. Within a host events may be out of order by moments
// where a replay meets the present; hosts see the same event at different times.
const (
	overlap        = 5 * time.Second
	overlapOfHosts = 10 * time.Second
)

// Waits between connects. The service documents none; these are those of its own client.
const (
	firstWait = 250 * time.Millisecond
	maxWait   = 30 * time.Second
)

// healthyAfter is how long a connection must have brought events for its end to be a first failure again.
const healthyAfter = 30 * time.Second

// Lookback is how far back the hosts replay. A cursor before it is taken for one at it, and nothing says so.
const Lookback = 36 * time.Hour

// gapAfter is how much later than asked for the first event may be. The accounts of the whole network are in the stream,
// so it is never quiet for so long.
const gapAfter = time.Minute

// maxAhead is how far a host's clock may be ahead of ours. What an event of a later time says is not where the stream is.
const maxAhead = 5 * time.Second

// Handle takes an event over, in the order in which they come and from one goroutine. It may wait while ctx lives;
// nothing is read meanwhile. frame is what the event was read from; it is only good during the call. An event may be
// Flawed.
type Handle = func(ctx context.Context, e bluesky.Event, frame []byte)

// Gap is a time of which the hosts had no events any more when they were asked for them.
type Gap struct {
	From, To int64 // in Unix microseconds: events later than From and earlier than To
	Host     string
}

// Missed is told of a gap, from the goroutine that Handle is called from and before the first event behind the gap.
type Missed = func(ctx context.Context, g Gap)

// Options are what a Stream needs. All must be given.
type Options struct {
	Hosts        []*url.URL    // addresses of /subscribe, ws or wss, without a query; at least one
	Collections  []string      // kinds of records whose commits are wanted; at least one. Events about accounts come at any rate
	Service      string        // in the names of the metrics and in what the hosts are told: "ingest"
	StallTimeout time.Duration // how long no event may come
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
	Status       func(reason string) // told why nothing is read just now; "" when connected
}

// Stream reads Jetstream, over and over.
type Stream struct {
	opts    Options
	metrics *metrics
	// position is the time of the newest event that was handed out, in Unix microseconds; 0 before the first one.
	position int64
}

// New returns a stream that is not connected. It panics if its metrics are registered already.
func New(o Options) *Stream { return &Stream{opts: o, metrics: newMetrics(o.Service, o.Registerer)} }

// Run connects and hands out what comes, and does so again after each failure, at the next host, until ctx ends; then it
// returns nil. What the hosts do not have any more goes to missed. position is the time_us of the newest event that is safe already, from which on everything is wanted; 0
// begins with the present. Run must not be called twice.
func (s *Stream) Run(ctx context.Context, position int64, handle Handle, missed Missed) error {
	s.position = position
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstWait, maxWait
	var last *url.URL
	for n := 0; ; n++ {
		run := &session{Stream: s, host: s.opts.Hosts[n%len(s.opts.Hosts)]}
		back := overlapOfHosts
		if run.host == last {
			back = overlap
		}
		last = run.host
		failed := run.run(ctx, s.cursor(back), handle, missed)
		if ctx.Err() != nil {
			return nil
		}
		var wait time.Duration // at once after a connection that worked
		if run.events > 0 && time.Since(run.connected) >= healthyAfter {
			pauses.Reset()
		} else {
			wait = pauses.NextBackOff()
		}
		s.opts.Status(string(failed.kind))
		s.metrics.reconnects.WithLabelValues(string(failed.kind)).Inc()
		s.opts.Logger.Warn("Jetstream is not connected", "host", run.host.Host, "reason", failed.kind, "error", failed.err, "again_in", wait.Round(time.Millisecond))
		if !pause(ctx, wait) {
			return nil
		}
	}
}

// cursor is where the stream is asked for from, 0 for the present.
func (s *Stream) cursor(back time.Duration) int64 {
	if s.position == 0 {
		return 0
	}
	return s.position - back.Microseconds()
}

// passed moves the position on. A clock that is ahead must not carry it to the present or beyond: while a replay is under
// way, what lies between would never be asked for again.
func (s *Stream) passed(timeUS int64, now time.Time) {
	if !Ahead(timeUS, now) {
		s.position = max(s.position, min(timeUS, now.UnixMicro()))
	}
}

// Ahead says whether a time_us is too far ahead of now to say where the stream is.
func Ahead(timeUS int64, now time.Time) bool { return timeUS > now.Add(maxAhead).UnixMicro() }

// pause waits for d and says true, or says false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
