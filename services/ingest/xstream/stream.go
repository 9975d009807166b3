package xstream

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/xapi"
)

// Stream reads the filtered stream, over and over, and fills the gaps between.
type Stream struct {
	opts    Options
	client  *client
	metrics *metrics
	outlet  *outlet
	filler  *filler

	// For the goroutine of Run:
	backoff   backoff
	limiter   *xapi.Limiter
	places    []time.Time // see Memory
	notBefore time.Time
	cover     coverage
	pace      pace
	healed    bool // stuck connections were ended since a stream has worked
	rulesSet  bool // the rules have been synced since X last complained about them

	memoryMu  sync.Mutex
	memory    Memory       // as of the last publish
	paceKnown atomic.Int64 // nanoseconds; 0 while it is not known

	usageTold sync.Once

	held atomic.Pointer[time.Time] // start of a gap that a backfill is filling

	beside  sync.WaitGroup // what Run has begun
	looking atomic.Bool    // at the rules, beside a connect

	syncing      chan struct{} // one sync of the rules at a time
	rulesMu      sync.Mutex
	sharePercent int
	rulesLooked  time.Time
	ids          map[string]string
	lastForeign  int // under syncing
}

// New returns a stream that is not connected. It panics if its metrics are registered already.
func New(o Options) *Stream {
	o.fillIn()
	s := &Stream{
		syncing: make(chan struct{}, 1),
		opts:    o, client: o.client(), metrics: newMetrics(o.Registerer),
		backoff: backoff{random: rand.Float64}, limiter: xapi.NewLimiter(connectLimit, 0), sharePercent: 100,
	}
	s.outlet = &outlet{
		opts: &s.opts, client: s.client, metrics: s.metrics, share: s.share, since: s.missingSince, trace: traceparent.New(),
	}
	s.filler = &filler{
		client: s.client, outlet: s.outlet, metrics: s.metrics, opts: &s.opts, rules: s.ruleIDs,
		backoff: backoff{random: rand.Float64}, limiter: xapi.NewLimiter(searchLimit, searchBurst), wake: make(chan struct{}, 1),
	}
	return s
}

// healthyAfter is how long a stream must have worked for its end to be a first failure again. A server that accepts,
// sends a byte and closes must not be met with a reconnect at once for ever.
const healthyAfter = 20 * time.Second

// healPause is between the end of a stuck connection and the next connect.
const healPause = time.Second

// Run sets the rules, connects and hands out what comes, and does so again after each failure, as X asks for, until ctx
// ends; then it returns nil. What was missed between two connections it searches for meanwhile. Its error is a
// *Failure that only a person can help against. Run must not be called twice.
//
//	+----------+ lines   +-----------+ one at a time
//	| session  |-------->|  outlet   |---------------> deliver
//	+----------+         | each post |
//	+----------+ posts   |   once    |
//	|  filler  |-------->+-----------+
//	+----------+               ^ govern: the share of the posts; reconcile: X's own count
func (s *Stream) Run(ctx context.Context, deliver Deliver) error {
	if err := CheckRules(s.opts.Rules, s.opts.RuleLength, false); err != nil {
		return &Failure{Kind: RulesRefused, Doing: "check the rules", Advice: adviceRules, Err: err}
	}
	s.outlet.deliver = deliver
	s.recollect(s.opts.Memory, s.client.Now())
	if s.opts.Unknown {
		s.outlet.gap(ctx, newGapEvent(span{since: s.client.Now().Add(-searchable), until: s.client.Now()}, "", UnknownPast,
			"nothing tells where the stream was left"))
	}
	ctx, stop := context.WithCancel(ctx)
	defer s.beside.Wait()
	defer stop()
	compareIn := usageRetry
	if s.opts.Spend.Limited() {
		compareIn = s.reconcile(ctx) // before the first post, or a restart would begin at nothing
	}
	s.beside.Go(func() { s.reconcileRegularly(ctx, compareIn) })
	s.beside.Go(func() { s.govern(ctx) })
	s.beside.Go(func() { s.filler.run(ctx) })
	for {
		if err := s.waitForBudget(ctx); err != nil {
			return nil
		}
		if err := s.waitForLimit(ctx); err != nil {
			return nil
		}
		wait, err := s.once(ctx)
		if err != nil || ctx.Err() != nil {
			return err
		}
		if pause(ctx, wait) != nil {
			return nil
		}
	}
}

// once connects and reads until the stream ends, and returns how long to wait before the next time. Its error is one
// that no further try can help against.
func (s *Stream) once(ctx context.Context) (wait time.Duration, final error) {
	run := &session{Stream: s, backfill: s.backfillFor(s.client.Now())}
	f := asFailure(s.attempt(ctx, run))
	run.lost(f.Kind == OverBudget)
	if ctx.Err() != nil {
		return 0, nil
	}
	if f.Kind == OverBudget {
		return 0, nil // what follows is said by waitForBudget
	}
	s.opts.Status(string(f.Kind))
	if run.connected.IsZero() {
		s.metrics.connects.WithLabelValues(string(f.Kind)).Inc()
	}
	if run.backfill > 0 && (f.Status == 400 || f.Status == 403) {
		s.opts.BackfillMinutes = 0
		s.opts.Logger.Warn("X refuses backfill_minutes; gaps are searched for instead", "set", "--x-backfill-minutes=0", "error", f)
		return httpFirst, nil
	}
	if isFinal(f) {
		return 0, f
	}
	if f.Kind == xapi.Conflict {
		s.rulesSet = false
	}
	if !run.well && run.received > 0 && s.client.Now().Sub(run.connected) >= healthyAfter {
		s.backoff.healthy()
		s.healed = false
	}
	wait = s.backoff.next(f, s.client.Now())
	if f.Kind == xapi.TooManyConnections && !s.healed {
		s.healed = true // once for an incident, also if it does not help
		if s.heal(ctx) {
			wait = healPause
		}
	}
	s.notBefore = notBeforeAfter(f, wait, s.client.Now())
	s.publish()
	if wait >= healPause {
		s.opts.Remember(ctx, s.Memory()) // a shorter one is as soon over as it is written
	}
	s.metrics.reconnects.WithLabelValues(string(f.Kind)).Inc()
	if f.Kind == xapi.RateLimited && !f.RetryAt.IsZero() {
		s.opts.Logger.Warn("X says when its limit ends", "at", f.RetryAt.UTC(), "believed_for", resetMax)
	}
	s.opts.Logger.Warn("the stream is not connected", "reason", f.Kind, "error", f, "again_in", wait.Round(time.Millisecond))
	return wait, nil
}

// attempt runs one session, with the rules as they are wanted.
func (s *Stream) attempt(ctx context.Context, run *session) error {
	share := s.opts.Spend.Verdict().Share
	if share == 0 {
		return &Failure{Kind: OverBudget, Doing: "connect to the stream", Advice: adviceBudget}
	}
	if err := s.haveRules(ctx, share); err != nil {
		return err
	}
	s.intend(ctx, s.client.Now())
	err := run.run(ctx)
	s.settle(run, asFailure(err))
	return err
}
