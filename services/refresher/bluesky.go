package refresher

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/jetstream"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/traceparent"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/refresher/agenda"
)

const (
	// blueskyStall is how long Jetstream may send no event. The likes of a whole network are never silent for so long.
	blueskyStall = 30 * time.Second
	// cursorEvery is how often the position in the stream is kept.
	cursorEvery = 5 * time.Second
	// cursorBack is how much earlier than it is the position is kept: what came for posts that were not held yet is read
	// again after a restart.
	cursorBack = 30 * time.Second
	// forgetEvery is how often reactions to posts that are not held any more are forgotten.
	forgetEvery = time.Minute
	// maxRefreshes bounds the looks that are written together.
	maxRefreshes = 100
)

// blueskyRefresher counts likes and reposts of the posts that are held, from the stream of all of the network, and writes
// the counts at the ages at which posts are looked at. Nobody is asked: a look whose counts are what they were is none, unless
// they still were changing at the one before.
//
//	tweets.enriched ──▶ agenda ──due──▶ the event that brought the post, read back ──▶ tweets.raw: refresh
//	Jetstream: likes, reposts ──▶ counts ──────────────────┘ counts
//	                                │ ▲ at the start
//	                                ▼ │
//	                           refresher.state
type blueskyRefresher struct {
	cfg     Config
	term    term
	tel     *telemetry.Stage
	metrics *metrics
	status  *status
	weights tweet.Weights
	agenda  *agenda.Agenda[string]
	span    time.Duration
	in      *input
	out     *output
	raw     *readBack
	state   *reactionState

	batches chan []seen
	events  chan bluesky.Event
	traces  traceparent.Maker
	counted *reactions
	rules   map[string][]tweet.MatchedRule // by post
	origins map[string]place
	undone  map[string]int64 // posts that were deleted and that a look has brought back, and when that look was observed
	growing map[string]bool  // posts whose document says that they grow or shrink
	cursor  int64            // time_us of the newest event that was counted
	leftOut leftOut
}

// runBluesky is Run for the posts of Bluesky.
func runBluesky(ctx context.Context, cfg Config, c *contest.Contest, s agenda.Schedule, tel *telemetry.Stage, shown *status) error {
	hosts, err := cfg.blueskyHosts()
	if err != nil {
		return err
	}
	m := newMetrics(tel.Registerer)
	err = terms(ctx, cfg, tel, m, shown, func(ctx context.Context, t term) error {
		own := cfg
		own.Kafka = t.fenced(cfg.Kafka)
		b := &blueskyRefresher{
			cfg: own, term: t, tel: t.tel, metrics: m, status: shown, weights: c.Popularity, agenda: agenda.New[string](s, cfg.RefreshPosts), span: s.Span(),
			batches: make(chan []seen), events: make(chan bluesky.Event, 1000), traces: traceparent.New(), counted: newReactions(cfg.RefreshReactions),
			rules: map[string][]tweet.MatchedRule{}, origins: map[string]place{}, growing: map[string]bool{}, undone: map[string]int64{},
		}
		return b.run(ctx, hosts)
	})
	if err != nil && !stage.Ended(ctx, err) {
		return err
	}
	return nil
}

// run is one term.
func (b *blueskyRefresher) run(ctx context.Context, hosts []*url.URL) (err error) {
	if b.out, err = newOutput(b.cfg.Kafka, b.tel); err != nil {
		return err
	}
	defer b.out.close()
	if b.raw, err = newReadBack(b.cfg.Kafka, b.tel); err != nil {
		return err
	}
	defer b.raw.close()
	if b.state, err = openReactionState(b.cfg.Kafka, b.tel); err != nil {
		return err
	}
	defer b.state.close()
	return b.work(ctx, hosts)
}

func (b *blueskyRefresher) work(ctx context.Context, hosts []*url.URL) (err error) {
	if b.in, err = openInput(ctx, b.cfg.Kafka, b.tel, b.metrics); err != nil {
		return err
	}
	defer b.in.client.Close()
	if b.cursor, err = b.state.load(ctx, b.cfg.Kafka, b.tel, b.counted); err != nil {
		return err
	}
	from, err := unread(ctx, b.cfg.Kafka, b.tel, b.cfg.EnricherGroup)
	if err != nil {
		return err
	}
	since := time.Now().Add(-b.span - clockSlack)
	if err := b.in.begin(ctx, since); err != nil {
		return err
	}
	if err := b.in.readPast(ctx, func(batch []seen) { b.observe(ctx, batch, time.Now()) }); err != nil {
		return err
	}
	if err := b.in.readRest(ctx, b.cfg.Kafka, from, since, b.past); err != nil {
		return err
	}
	b.agenda.LeftOut()
	b.counted.forget(b.held)
	b.tel.Logger.Info("counting likes and reposts", "posts", b.agenda.Held(), "reactions", len(b.counted.of))
	stream := jetstream.New(jetstream.Options{
		Hosts: hosts, Collections: []string{bluesky.LikeCollection, bluesky.RepostCollection}, Service: "refresher", StallTimeout: blueskyStall,
		Logger: b.tel.Logger, Registerer: b.tel.Registerer, Status: b.connected,
	})
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error {
		return stream.Run(working, b.cursor, func(ctx context.Context, e bluesky.Event, _ []byte) {
			select {
			case b.events <- e:
			case <-ctx.Done():
			}
		}, func(_ context.Context, g jetstream.Gap) {
			b.tel.Logger.Error("likes and reposts are missing: counts stay behind", "from", time.UnixMicro(g.From).UTC(), "to", time.UnixMicro(g.To).UTC())
		})
	})
	group.Go(func() error {
		for {
			batch, err := b.in.next(working)
			if err != nil {
				return err
			}
			select {
			case b.batches <- batch:
			case <-working.Done():
				return working.Err()
			}
		}
	})
	group.Go(func() error { b.in.past.Keep(working); return nil })
	group.Go(func() error { return b.loop(working) })
	return group.Wait()
}

func (b *blueskyRefresher) connected(reason string) {
	if reason == "" {
		b.tel.Ready()
		return
	}
	b.tel.Unready("Jetstream: " + reason)
}

// past takes over what a record of tweets.raw says of a look.
func (b *blueskyRefresher) past(raw *tweet.Raw, now time.Time) {
	switch {
	case raw.Source != tweet.SourceBluesky:
	case raw.Kind == tweet.KindDelete:
		b.delete(string(raw.Key), raw.ObservedAt, now)
	case raw.Kind == tweet.KindRefresh && raw.Counts != nil:
		if p, held := b.agenda.Known(string(raw.Key)); held && raw.ObservedAt.UnixMilli() > p.Observed {
			b.grow(p.Key, agenda.Pack(*raw.Counts) != p.Counts)
		}
		b.agenda.Done(string(raw.Key), raw.ObservedAt.UnixMilli(), agenda.Pack(*raw.Counts), float32(b.weights.Popularity(*raw.Counts)), now.UnixMilli())
	}
}

// grow takes note of whether a post's document says that it grows. The next look has to say when it does not any more.
func (b *blueskyRefresher) grow(post string, grows bool) {
	if grows {
		b.growing[post] = true
		return
	}
	delete(b.growing, post)
}

func (b *blueskyRefresher) held(post string) bool {
	_, known := b.agenda.Known(post)
	return known
}

// loop counts and writes until ctx ends. A stop waits for what was written: what is lost is counted again from the stream.
func (b *blueskyRefresher) loop(ctx context.Context) error {
	working, done := b.term.detached(ctx)
	defer done()
	tick := time.NewTicker(min(longestTick, max(time.Millisecond, b.fill())))
	defer tick.Stop()
	kept, forgotten := time.Now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			if b.term.held.Err() != nil {
				return ctx.Err()
			}
			if err := b.state.keep(working, b.cursor); err != nil {
				b.tel.Logger.Warn("the position in the stream could not be kept; more of it is read again after the start", "error", err)
			}
			return nil
		case batch := <-b.batches:
			b.observe(working, batch, time.Now())
			continue
		case e := <-b.events:
			b.count(working, e)
			continue
		case reply := <-b.status.asks:
			reply <- viewOf(b.agenda, b.metrics, time.Now())
			continue
		case <-tick.C:
		}
		now := time.Now()
		b.agenda.Advance(now.UnixMilli())
		if !b.term.firm() {
			continue
		}
		if err := b.deleteAgain(working); err != nil {
			b.tel.Logger.Warn("deletions could not be written again; that is tried again", "error", err)
		}
		if err := b.refresh(working, now); err != nil {
			b.tel.Logger.Warn("counts could not be written; that is tried again", "error", err)
		}
		b.show(now)
		if now.Sub(kept) >= cursorEvery {
			kept = now
			if err := b.state.keep(working, b.cursor); err != nil {
				b.tel.Logger.Warn("the position in the stream could not be kept; that is tried again", "error", err)
			}
		}
		if now.Sub(forgotten) >= forgetEvery {
			forgotten = now
			b.forget()
		}
	}
}

func (b *blueskyRefresher) fill() time.Duration { return b.cfg.RefreshAfter[0] / 10 }

func (b *blueskyRefresher) forget() {
	b.counted.forget(b.held)
	for post := range b.origins {
		if !b.held(post) {
			delete(b.origins, post)
			delete(b.rules, post)
			delete(b.growing, post)
		}
	}
}

// count takes an event of the stream over.
func (b *blueskyRefresher) count(ctx context.Context, e bluesky.Event) {
	if !jetstream.Ahead(e.TimeUS, time.Now()) {
		b.cursor = max(b.cursor, e.TimeUS)
	}
	if !e.OfReaction() {
		return
	}
	address := addressOf(e)
	switch {
	case e.Commit.Operation == bluesky.OperationDelete:
		if b.counted.takenBack(address) {
			b.state.takenBack(ctx, address)
		}
	case e.Subject != "":
		if b.counted.made(address, e.Subject, b.held(e.Subject)) {
			b.state.made(ctx, address, e.Subject)
		}
	}
}

// observe takes over what records of tweets.enriched tell.
func (b *blueskyRefresher) observe(ctx context.Context, batch []seen, now time.Time) {
	fresh := map[string]bool{}
	for _, s := range batch {
		d := s.document
		if d == nil {
			b.delete(s.gone, s.at, now)
			continue
		}
		if d.Source != tweet.SourceBluesky || b.deleted(d) {
			continue
		}
		known := b.held(d.TweetID)
		b.agenda.Observe(agenda.Observation[string]{
			Post: agenda.Post[string]{
				Key: d.TweetID, Version: d.TweetID,
				Created: d.CreatedAt.UnixMilli(), Arrived: d.Timestamp.UnixMilli(), ArrivalMS: d.Pipeline.ArrivalMS, Observed: d.ObservedAt.UnixMilli(),
				Counts: agenda.Pack(d.Metrics), Popularity: float32(d.Popularity), Observations: uint16(min(max(d.Observations, 1), 1<<15)),
				Repeated: repeated(d),
			},
			Refresh: d.RefreshedAt != nil && d.RefreshedAt.Equal(d.ObservedAt), First: d.RefreshedAt != nil || d.Revision == 0, Wanted: wanted(d),
		}, now.UnixMilli())
		if !b.held(d.TweetID) {
			continue
		}
		b.rules[d.TweetID], b.origins[d.TweetID] = d.MatchedRules, s.origin
		b.grow(d.TweetID, d.Growth != nil && *d.Growth != 0)
		if !known {
			fresh[d.TweetID] = true
		}
	}
	if len(fresh) > 0 {
		for address, post := range b.counted.adopt(fresh) {
			b.state.made(ctx, address, post)
		}
	}
}

// refresh writes the counts of posts whose look is due, where they have changed, and once more when they do no longer.
func (b *blueskyRefresher) refresh(ctx context.Context, now time.Time) error {
	due := b.agenda.Due(now.UnixMilli(), maxRefreshes, func(posts int) int { return posts })
	var records []*tweet.Raw
	var changed []agenda.Post[string]
	for _, p := range due {
		observed := stamp(p, now.UTC().Truncate(time.Millisecond))
		counts := b.counted.metrics(p.Key)
		if agenda.Pack(counts) == p.Counts && !b.growing[p.Key] {
			b.metrics.looked(unchanged)
			b.agenda.Done(p.Key, observed.UnixMilli(), p.Counts, p.Popularity, now.UnixMilli())
			continue
		}
		value, err := b.raw.read(ctx, p.Key, b.origins[p.Key])
		if err != nil {
			b.metrics.looked(unanswered)
			b.tel.Logger.Warn("the event that brought a post cannot be read; its counts are not written", "error", err)
			b.agenda.Again(p.Key, now.Add(longestDoubt).UnixMilli(), now.UnixMilli())
			continue
		}
		records = append(records, &tweet.Raw{
			Key: []byte(p.Key), Value: value, Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, Kind: tweet.KindRefresh, ObservedAt: observed,
			Traceparent: b.traces.Next(), MatchedRules: append([]tweet.MatchedRule{}, b.rules[p.Key]...), Earlier: earlierOf(p), Counts: &counts,
		})
		changed = append(changed, p)
	}
	if len(records) == 0 {
		return nil
	}
	safe, err := b.out.write(ctx, records)
	at := time.Now().UnixMilli()
	for i, p := range changed {
		if !safe[i] {
			b.metrics.looked(failed)
			b.agenda.Again(p.Key, 0, at)
			continue
		}
		b.metrics.looked(refreshed)
		b.grow(p.Key, agenda.Pack(*records[i].Counts) != p.Counts)
		b.agenda.Done(p.Key, records[i].ObservedAt.UnixMilli(), agenda.Pack(*records[i].Counts), float32(b.weights.Popularity(*records[i].Counts)), at)
	}
	if err != nil {
		return fmt.Errorf("write counts of %d posts: %w", len(records), err)
	}
	return nil
}

func (b *blueskyRefresher) show(now time.Time) {
	showAgenda(b.agenda, b.metrics, &b.leftOut, b.tel.Logger, now)
	b.metrics.reactions.Set(float64(len(b.counted.of)))
	b.metrics.dropped.Add(float64(b.counted.dropped))
	b.counted.dropped = 0
}
