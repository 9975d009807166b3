package refresher

import (
	"context"
	"errors"
	"time"

	"catsvdogs/services/pipeline/crashpoint"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
	"catsvdogs/services/refresher/agenda"
)

const (
	// longestFill is how long a look waits at most for others to fill a request.
	longestFill = 5 * time.Second
	// longestDoubt is how long a post that is said to be gone is waited for at most before it is asked for again.
	longestDoubt = time.Minute
	// brokePause is how long no money is asked for after none was granted.
	brokePause = 5 * time.Second
	// unwrittenPause is how long nothing is asked for after what was told could not be written: each answer costs.
	unwrittenPause = time.Second
	// longestTick is how long the loop sleeps at most.
	longestTick = time.Second
	// leftOutEvery is how often is logged what was left out.
	leftOutEvery = time.Minute
	// maxDoubts bounds what is remembered of answers that were not believed.
	maxDoubts = 100_000
)

// answer is what came of a request.
type answer struct {
	asked       asked
	sent, at    time.Time
	looked      xapi.Looked
	err         error
	unsent      bool // it was not sent
	reservation *spend.Reservation
	paid        map[uint64]bool // versions that are billed for when they are found
}

// written is what came of writing what an answer means.
type written struct {
	verdicts []verdict
	safe     []bool // of those with a record, in order
	err      error
}

// loop follows the schedule until ctx ends. What is under way then is finished, for as long as a stop may take, unless the
// lease is lost.
func (r *refresher) loop(ctx context.Context) error {
	working, done := r.term.detached(ctx)
	defer done()
	traces := traceparent.New()
	wake := time.NewTimer(0)
	defer wake.Stop()
	stopping := ctx.Done()
	for {
		now := r.client.Now()
		switch {
		case stopping != nil:
			r.posts.agenda.Advance(now.UnixMilli())
			wake.Reset(r.plan(working, now))
			r.show(now)
		case r.term.held.Err() != nil:
			return errLeaseLost
		case !r.under:
			return r.rememberLast(working)
		}
		select {
		case <-stopping:
			stopping = nil
		case batch := <-r.batches:
			r.observe(batch, r.client.Now())
		case key := <-r.gone:
			now := r.client.Now().UnixMilli()
			r.posts.agenda.Delete(key, now, now)
		case a := <-r.answers:
			r.take(working, a, traces.Next)
		case w := <-r.written:
			r.settle(w, r.client.Now())
		case <-wake.C:
		case reply := <-r.status.asks:
			v := viewOf(r.posts.agenda, r.metrics, r.client.Now())
			v.Budget = r.purse.view()
			reply <- v
		case <-working.Done():
			return nil // what was not acknowledged is looked at again after the start
		}
	}
}

func (r *refresher) rememberLast(ctx context.Context) error {
	if err := r.remember(ctx); err != nil {
		r.tel.Logger.Warn("what was spent could not be written", "error", err)
	}
	return nil
}

// fill is how long a look waits for others, at most a tenth of the first age.
func (r *refresher) fill() time.Duration { return min(longestFill, r.schedule.First()/10) }

func (r *refresher) doubt() time.Duration { return min(longestDoubt, r.schedule.First()) }

// plan asks for what is due, if something is and it may be asked for, and returns how long nothing is to be done.
func (r *refresher) plan(ctx context.Context, now time.Time) time.Duration {
	tick := min(longestTick, max(time.Millisecond, r.fill()))
	if r.under || !r.term.firm() {
		return tick
	}
	if wait := r.paused.Sub(now); wait > 0 {
		return min(wait, longestTick)
	}
	pending := r.posts.agenda.Pending(now.UnixMilli())
	count := pending.Free
	if !now.Before(r.broke) {
		count += pending.Paid
	}
	if count == 0 {
		if at, ok := r.posts.agenda.Next(); ok {
			return min(tick, max(time.Millisecond, time.UnixMilli(at).Sub(now)))
		}
		return tick
	}
	if wait := time.UnixMilli(pending.Oldest).Add(r.fill()).Sub(now); wait > 0 && count < xapi.MaxLookup {
		return min(wait, tick)
	}
	r.mu.Lock()
	wait := r.limiter.Wait(now)
	r.mu.Unlock()
	if wait > 0 {
		return min(wait, longestTick)
	}
	r.ask(ctx, now)
	return tick
}

// ask sends a request for what is due.
func (r *refresher) ask(ctx context.Context, now time.Time) {
	a := answer{paid: map[uint64]bool{}}
	room := xapi.MaxLookup
	if len(r.doubts) > 0 {
		room -= maxControls
	}
	a.asked.looks = r.posts.agenda.Due(now.UnixMilli(), room, func(posts int) int {
		if now.Before(r.broke) {
			return 0
		}
		a.reservation = r.purse.reserve(posts)
		return a.reservation.Posts
	})
	if a.reservation != nil {
		if a.reservation.Posts == 0 {
			r.broke = now.Add(brokePause)
			r.metrics.refused.Inc()
		}
		free := len(a.asked.looks) - a.reservation.Posts // they come first
		for _, p := range a.asked.looks[free:] {
			a.paid[p.Version] = true
		}
	}
	if len(a.asked.looks) == 0 {
		return
	}
	if len(r.doubts) > 0 {
		a.asked.controls = r.controls.pick(a.asked.looks, now)
	}
	r.under = true
	go func() { r.answers <- r.look(ctx, a) }()
}

// look sends the request. What it may cost is written down before, and now and then which requests there were: a process that
// is killed must not leave a successor that runs into X's limit.
func (r *refresher) look(ctx context.Context, a answer) answer {
	costs := len(a.paid) > 0 && r.cfg.Budget.Limited()
	if now := r.client.Now(); costs || now.Sub(r.remembered) >= burstSpan {
		r.remembered = now
		if err := r.remember(ctx); costs && err != nil {
			a.err = err
			a.unsent, a.at = true, r.client.Now()
			return a
		}
	}
	a.sent = r.client.Now().UTC().Truncate(time.Millisecond)
	r.mu.Lock()
	r.limiter.Sent(a.sent)
	r.mu.Unlock()
	a.looked, a.err = r.client.Lookup(ctx, a.asked.ids())
	a.at = r.client.Now().UTC()
	r.metrics.lookup.Observe(a.at.Sub(a.sent).Seconds())
	return a
}

// bill settles what the request has cost.
func (a *answer) bill() {
	if a.reservation == nil {
		return
	}
	f := new(xapi.Failure)
	switch {
	case a.unsent, errors.As(a.err, &f) && f.Status >= 300:
		a.reservation.Settle(0)
	case a.err != nil:
		a.reservation.Settle(a.reservation.Posts) // without an answer all of it may have been read
	default:
		billed := 0
		for _, p := range a.looked.Found {
			if version, err := id(p.ID); err == nil && a.paid[version] {
				billed++
			}
		}
		a.reservation.Settle(billed)
	}
}

// take judges an answer and has written what it means.
func (r *refresher) take(ctx context.Context, a answer, trace func() string) {
	a.bill()
	if a.err == nil && !r.term.firm() {
		a.err = errLeaseLost // what is not written in time may come behind what the next holder has read
	}
	if a.err != nil {
		r.fail(a)
		return
	}
	crashpoint.At(crashpoint.RefresherLooked)
	r.metrics.requests.WithLabelValues("answered").Inc()
	r.pauses = pauses{}
	r.tel.Ready()
	w := written{verdicts: r.doubts.judge(a.asked, a.looked, r.rules, r.source, a.sent, a.at, trace)}
	if len(r.doubts) > maxDoubts {
		clear(r.doubts)
	}
	var records []*tweet.Raw
	for i := range w.verdicts {
		v := &w.verdicts[i]
		if !r.posts.agenda.Flying(v.post.Key) {
			v.outcome, v.record = overtaken, nil
		}
		if v.record != nil {
			records = append(records, v.record)
		}
		if v.outcome == refreshed {
			r.controls.note(v.post.Version, a.at)
		}
	}
	go func() {
		w.safe, w.err = r.out.write(ctx, records)
		r.written <- w
	}()
}

func (r *refresher) rules(number uint32) []tweet.MatchedRule { return r.posts.rules[number] }

// fail puts the looks of a request back that has failed.
func (r *refresher) fail(a answer) {
	kind, wait := "unsent", brokePause
	if f := new(xapi.Failure); errors.As(a.err, &f) {
		kind, wait = string(f.Kind), r.pauses.next(f, a.at)
		if f.Final() {
			r.tel.Unready(a.err.Error())
		}
	}
	r.metrics.requests.WithLabelValues(kind).Inc()
	r.tel.Logger.Warn("posts could not be looked at; they are asked for again", "posts", len(a.asked.looks), "error", a.err, "again_in", wait.Round(time.Millisecond))
	r.paused = a.at.Add(wait)
	for _, p := range a.asked.looks {
		r.metrics.looked(failed)
		r.posts.agenda.Again(p.Key, 0, a.at.UnixMilli())
	}
	r.under = false
}

// settle takes note of what is safe.
func (r *refresher) settle(w written, at time.Time) {
	r.under = false
	if w.err != nil {
		r.tel.Logger.Warn("what looks have told could not be written; the posts are asked for again", "error", w.err, "again_in", unwrittenPause)
		r.paused = at.Add(unwrittenPause)
	}
	now, later := at.UnixMilli(), at.Add(r.doubt()).UnixMilli()
	nth := 0
	doubtful := 0
	for _, v := range w.verdicts {
		r.metrics.looked(v.outcome)
		switch {
		case v.record != nil && !w.safe[nth]:
			r.posts.agenda.Again(v.post.Key, 0, now)
		case v.outcome == refreshed:
			r.posts.agenda.Done(v.post.Key, v.record.ObservedAt.UnixMilli(), agenda.Pack(v.counts), float32(r.posts.weights.Popularity(v.counts)), now)
		case v.outcome == deleted:
			r.metrics.deletions.WithLabelValues("look").Inc()
			r.posts.agenda.Delete(v.post.Key, v.record.ObservedAt.UnixMilli(), now)
		case v.outcome == overtaken:
		case v.outcome == outdated:
			r.posts.agenda.Newer(v.post.Key, v.newer, now)
		default:
			if v.outcome == doubted {
				doubtful++
			}
			r.posts.agenda.Again(v.post.Key, later, now)
		}
		if v.record != nil {
			nth++
		}
	}
	if doubtful > 0 {
		r.tel.Logger.Warn("an answer says that many posts are gone; they are asked for again before it is believed", "gone", doubtful, "posts", len(w.verdicts), "again_in", r.doubt())
	}
}
