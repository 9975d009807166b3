// Package refresher looks at posts again: at fixed ages it asks the source for those of the contest and writes what it is
// told to tweets.raw, as refreshes and as deletions. It owns the schedule, the budget of looks, and which answers are
// believed; what a refresh means for a document is the enricher's.
package refresher

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/xapi"
	"catsvdogs/services/refresher/agenda"
)

// Run looks at posts again until ctx ends; then it finishes the request under way and returns nil.
//
//	tweets.enriched ──▶ input ──▶ agenda ──▶ look-up, up to 100 posts ──▶ verdict ──▶ tweets.raw
//	(read committed,              what is due:     │ budget, rate limit      │        refresh | delete
//	 no group)                    free first,      ▼                         │ acknowledged
//	tweets.raw ─────────────────▶ then by worth    X, or a simulator         └──▶ agenda: done
//	(once, at the start: what no enricher has read)
//
//	archive ──ids──▶ compliance job, once a day ──▶ tweets.raw: delete
//
// The schedule is kept nowhere. At each start it is made anew from tweets.enriched, which tells of every post and of every
// look at it, and from what the enrichers have not read of tweets.raw: an enricher commits what it has read together with
// what it has written, so of each look that was acknowledged one of the two tells. No look is made twice because of a
// restart, and none is forgotten.
//
// Of several refreshers of a source one looks and the others stand by, each ready to take over (lease). One that loses its
// lease, because the broker is away for longer than a session, drops what is under way and stands by as well; whoever has the
// lease next makes the schedule anew. What is not ruled out is a look that was handed to the network while the lease was
// good for two more seconds, and comes into the log only after the successor has read to its end: that look is made twice.
func Run(ctx context.Context, cfg Config) error {
	return run(ctx, cfg, newStatus(cfg.source()))
}

func run(ctx context.Context, cfg Config, shown *status) error {
	c, err := contest.Load(cfg.Contest)
	if err != nil {
		return err
	}
	schedule, err := cfg.schedule()
	if err != nil {
		return err
	}
	tel, closeStage, err := cfg.Telemetry.Join("refresher", telemetry.Route{Pattern: "GET /status", Handler: shown})
	if err != nil {
		return err
	}
	defer closeStage()
	if cfg.source() == sourceBluesky {
		return runBluesky(ctx, cfg, c, schedule, tel, shown)
	}
	return runX(ctx, cfg, c, schedule, tel, shown)
}

// runX is Run for the posts of X, or of a simulator.
func runX(ctx context.Context, cfg Config, c *contest.Contest, schedule agenda.Schedule, tel *telemetry.Stage, shown *status) error {
	client, err := cfg.client(tel.Logger)
	if err != nil {
		return err
	}
	defer client.Close()
	m := newMetrics(tel.Registerer)
	limiter := xapi.NewLimiter(xapi.LookupLimit, lookupBurst)
	err = terms(ctx, cfg, tel, m, shown, func(ctx context.Context, t term) error {
		own := cfg
		own.Kafka = t.fenced(cfg.Kafka)
		r := &refresher{
			cfg: own, term: t, tel: t.tel, metrics: m, status: shown, source: cfg.source(), schedule: schedule, client: client,
			posts: newPosts(cfg.source(), c, schedule, cfg.RefreshPosts), doubts: doubts{}, limiter: limiter,
			batches: make(chan []seen), gone: make(chan uint64), answers: make(chan answer, 1), written: make(chan written, 1),
		}
		defer func() { limiter = r.limiter }()
		return r.run(ctx)
	})
	if err != nil && !stage.Ended(ctx, err) {
		return err
	}
	return nil
}

// run is one term.
func (r *refresher) run(ctx context.Context) (err error) {
	if r.out, err = newOutput(r.cfg.Kafka, r.tel); err != nil {
		return err
	}
	defer r.out.close()
	if r.store, err = checkpoint.Open(r.cfg.Kafka, r.tel, checkpoint.RefresherOf(r.source)); err != nil {
		return err
	}
	defer r.store.Close()
	return r.work(ctx)
}

// refresher is one term of a process.
type refresher struct {
	cfg      Config
	term     term
	tel      *telemetry.Stage
	metrics  *metrics
	status   *status
	source   string
	schedule agenda.Schedule
	client   *xapi.Client
	out      *output
	store    *checkpoint.Store
	in       *input
	purse    *purse

	batches chan []seen
	gone    chan uint64 // posts that a compliance job has told of, whose deletion is written
	answers chan answer
	written chan written

	// Of the loop alone:

	posts    *posts
	doubts   doubts
	controls controls
	pauses   pauses
	under    bool      // a request is under way, or what came of one is being written
	paused   time.Time // until then nothing is asked for
	broke    time.Time // until then nothing is paid for
	leftOut  leftOut

	remembered time.Time // when that was last tried; of the request under way

	mu      sync.Mutex
	limiter *xapi.Limiter
}

// requests are the times of the requests that still count at X.
func (r *refresher) requests() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.limiter.Times())
}

// work makes the schedule and then follows it.
func (r *refresher) work(ctx context.Context) error {
	before, err := r.loadState(ctx)
	if err != nil {
		return err
	}
	r.limiter = limiterAfter(before, r.limiter.Times(), r.client.Now())
	r.purse = newPurse(r.cfg, before.Billed, r.tel.Registerer)
	if err := r.knowIngest(ctx); err != nil {
		return err
	}
	if err := r.rebuild(ctx); err != nil {
		return err
	}
	defer r.in.client.Close()
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error { return r.followIngest(working) })
	group.Go(func() error { r.in.past.Keep(working); return nil })
	group.Go(func() error { return r.follow(working) })
	group.Go(func() error { return r.loop(working) })
	if r.cfg.Compliance.ComplianceEvery > 0 {
		group.Go(func() error { return r.comply(working) })
	}
	r.tel.Ready()
	return group.Wait()
}

// rebuild makes the schedule. How far the enrichers have come is asked for first: what they commit from then on is read
// twice, which changes nothing.
func (r *refresher) rebuild(ctx context.Context) (err error) {
	if r.in, err = openInput(ctx, r.cfg.Kafka, r.tel, r.metrics); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			r.in.client.Close()
		}
	}()
	from, err := unread(ctx, r.cfg.Kafka, r.tel, r.cfg.EnricherGroup)
	if err != nil {
		return err
	}
	since := r.client.Now().Add(-r.schedule.Span() - clockSlack)
	if err := r.in.begin(ctx, since); err != nil {
		return err
	}
	if err := r.in.readPast(ctx, func(batch []seen) { r.observe(batch, r.client.Now()) }); err != nil {
		return err
	}
	if err := r.in.readRest(ctx, r.cfg.Kafka, from, since, r.past); err != nil {
		return err
	}
	r.posts.agenda.LeftOut() // what earlier processes have left out they have counted
	r.tel.Logger.Info("looking at posts again", "posts", r.posts.agenda.Held(), "first_after", r.schedule.First())
	return nil
}

// follow hands over what comes until ctx ends.
func (r *refresher) follow(ctx context.Context) error {
	for {
		batch, err := r.in.next(ctx)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			continue
		}
		select {
		case r.batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// observe takes over what records of tweets.enriched tell.
func (r *refresher) observe(batch []seen, now time.Time) {
	for _, s := range batch {
		if s.document != nil {
			if err := r.posts.document(s.document, now); err != nil {
				r.metrics.undecodable.WithLabelValues("no_id").Inc()
			}
			continue
		}
		if key, err := id(s.gone); err == nil { // other sources have other keys
			r.posts.agenda.Delete(key, s.at.UnixMilli(), now.UnixMilli())
		}
	}
}
