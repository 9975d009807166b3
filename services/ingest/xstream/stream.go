package xstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/tweet"
)

// Dialer opens a connection, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// Deliver takes a record over, in the order in which they were received. It may wait while ctx lives; nothing is read
// meanwhile.
type Deliver = func(ctx context.Context, record tweet.Raw)

// Options are what a Stream needs. All but Dial and Status must be given.
type Options struct {
	URL          *url.URL      // of the API, without a path of its own
	Token        config.Secret // bearer token of the app
	Rules        []Rule        // wanted on the stream
	OwnAllRules  bool          // remove rules that others have set
	StallTimeout time.Duration // how long X may be silent, before a grace of a second
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
	Dial         Dialer              // nil for TCP
	Status       func(reason string) // told why nothing is read just now; "" when connected
}

// Stream reads the filtered stream, over and over.
type Stream struct {
	opts    Options
	client  *client
	metrics *metrics
	tracer  tracer
	backoff backoff
	limiter limiter

	rulesSet    bool // the rules have been synced since X last complained about them
	lastForeign int
}

// New returns a stream that is not connected. It panics if its metrics are registered already.
func New(o Options) *Stream {
	if o.Status == nil {
		o.Status = func(string) {}
	}
	return &Stream{
		opts: o, client: newClient(o.URL, o.Token, o.Logger, o.Dial), metrics: newMetrics(o.Registerer),
		tracer: newTracer(), backoff: backoff{random: rand.Float64},
	}
}

// healthyAfter is how long a stream must have worked for its end to be a first failure again. A server that accepts,
// sends a byte and closes must not be met with a reconnect at once for ever.
const healthyAfter = 20 * time.Second

// Run sets the rules, connects and hands out what comes, and does so again after each failure, as X asks for, until ctx
// ends; then it returns nil. A *Failure that is Final means that only a person can help. Run must not be called twice.
func (s *Stream) Run(ctx context.Context, deliver Deliver) error {
	for {
		if err := s.budget(ctx); err != nil {
			return nil
		}
		run := &session{Stream: s}
		err := s.attempt(ctx, run, deliver)
		if ctx.Err() != nil {
			return nil
		}
		f := asFailure(err)
		s.opts.Status(string(f.Kind))
		if run.connected.IsZero() {
			s.metrics.connects.WithLabelValues(string(f.Kind)).Inc()
		}
		if f.Final() {
			return f
		}
		if f.Kind == Conflict {
			s.rulesSet = false
		}
		if run.received > 0 && time.Since(run.connected) >= healthyAfter {
			s.backoff.healthy()
		}
		wait := s.backoff.next(f, time.Now())
		s.metrics.reconnects.WithLabelValues(string(f.Kind)).Inc()
		s.opts.Logger.Warn("the stream is not connected", "reason", f.Kind, "error", f, "again_in", wait.Round(time.Millisecond))
		if pause(ctx, wait) != nil {
			return nil
		}
	}
}

// attempt syncs the rules and runs one session.
func (s *Stream) attempt(ctx context.Context, run *session, deliver Deliver) error {
	done, err := s.client.syncRules(ctx, s.opts.Rules, s.opts.OwnAllRules)
	var f *Failure
	switch {
	case err == nil:
		s.rulesSet = true
		s.report(done)
	case errors.As(err, &f) && !f.Final() && s.rulesSet:
		// The rules were right when we last looked. Losing posts because the rules cannot be looked at would be worse
		// than reading with rules that someone may have changed meanwhile.
		s.opts.Logger.Warn("connecting without a look at the rules", "error", err)
	default:
		return err
	}
	s.limiter.connected(time.Now())
	return run.run(ctx, deliver)
}

// budget waits until another connect is within X's limit.
func (s *Stream) budget(ctx context.Context) error {
	wait := s.limiter.wait(time.Now())
	if wait == 0 {
		return nil
	}
	s.opts.Status("waiting to stay within X's limit on connects")
	s.opts.Logger.Warn("waiting to stay within X's limit on connects", "limit", connectLimit, "window", connectWindow, "again_in", wait.Round(time.Second))
	return pause(ctx, wait)
}

func (s *Stream) report(c changes) {
	s.metrics.foreignRules.Set(float64(len(c.foreign)))
	if !c.none() {
		s.opts.Logger.Info("the rules were brought up to date", "added", len(c.add), "retagged", len(c.retag), "removed", len(c.remove))
	}
	if n := len(c.foreign); n != s.lastForeign {
		s.lastForeign = n
		for _, r := range c.foreign[:min(n, 10)] {
			s.opts.Logger.Warn("the account has a rule that is not ours; its posts come and are billed too",
				"value", bounded(s.client.hide(r.Value)), "tag", bounded(s.client.hide(r.Tag)), "of", n, "remove_with", "--own-all-rules")
		}
	}
}

// announce tells that a session is connected.
func (s *session) announce() {
	s.metrics.connects.WithLabelValues("connected").Inc()
	s.opts.Logger.Info("connected to the stream", "source", s.source, "url", s.opts.URL.Redacted(), "rules", len(s.opts.Rules))
	s.opts.Status("")
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait before the next connect: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
