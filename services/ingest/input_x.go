package ingest

import (
	"context"
	"errors"
	"sync"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/pipeline/xapi"
)

// inputX returns X's filtered stream as a source, with the contest's rules.
func inputX(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	base, err := cfg.API.URL()
	token, tokenErr := cfg.API.Token()
	if err := errors.Join(err, tokenErr); err != nil {
		return nil, err
	}
	return filteredStream(cfg, tel, tweet.SourceX, xstream.Options{URL: base, Token: token, OwnAllRules: cfg.OwnAllRules, Status: status})
}

// inputSimulator returns the stream of a simulator: the same protocol by the same code, so that all of it is used
// without a token. Whatever comes from there is marked as made up, and the account is nobody else's.
func inputSimulator(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	base, err := xapi.SimulatorURL(cfg.SimulatorURL)
	if err != nil {
		return nil, err
	}
	return filteredStream(cfg, tel, tweet.SourceSimulator, xstream.Options{URL: base, Token: xapi.MadeUpToken, OwnAllRules: true, Simulated: true, Status: status})
}

// filteredStream returns a source that reads the stream from where tweets.raw says that it was left.
func filteredStream(cfg Config, tel *telemetry.Stage, source string, o xstream.Options) (Source, error) {
	rules, err := cfg.contest()
	if err != nil {
		return nil, err
	}
	o.Rules = xRules(rules.StreamRules())
	o.StallTimeout, o.Logger, o.Registerer, o.Dial, o.Authors = cfg.StallTimeout, tel.Logger, tel.Registerer, cfg.Dial, cfg.API.XAuthors
	o.RuleLength, o.SearchQueryLength, o.BackfillMinutes = cfg.X.XRuleLength, cfg.X.XSearchQueryLength, cfg.X.XBackfillMinutes
	return &xSource{cfg: cfg, tel: tel, source: source, options: o, recallFirst: recallX, recallMost: recallMostX}, nil
}

// xSource is X's filtered stream, or a simulator's.
type xSource struct {
	cfg          Config
	tel          *telemetry.Stage
	source       string // whose records in tweets.raw tell where it was left
	options      xstream.Options
	acknowledged func() int64
	// recallFirst and recallMost are how many records of the topic are looked at, at first and at most.
	recallFirst, recallMost int64
}

func (s *xSource) follow(acknowledged func() int64) { s.acknowledged = acknowledged }

// Run reads until ctx ends.
func (s *xSource) Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error {
	o := s.options
	o.Status("reading what was delivered before")
	state, known, unavailable, err := loadState(ctx, s.cfg.Kafka, s.tel, s.source)
	if err == nil {
		var before recalled
		if before, err = s.recallStream(ctx, state, known); err == nil {
			return s.read(ctx, o, before, unavailable, deliver)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// read reads from where the stream was left.
func (s *xSource) read(ctx context.Context, o xstream.Options, before recalled, unavailable bool, deliver xstream.Deliver) error {
	o.Memory, o.Unknown, o.Seen = before.memory, before.unknown, before.seen
	if s.cfg.Newborn {
		o.Memory.Position, o.Unknown = xstream.Resume{}, false
	}
	o.Spend = s.cfg.X.governor(before.billed, o.Registerer)
	keep := newKeeper(s, before.memory.Position, o.Spend)
	if unavailable {
		keep.unavailable.Set(1)
	} else {
		store, err := checkpoint.Open(s.cfg.Kafka, s.tel, s.source)
		if err != nil {
			return err
		}
		defer store.Close()
		keep.save = store.Save
	}
	beside := besideX{source: s, spend: o.Spend}
	if !unavailable {
		if err := beside.know(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	o.Remember = keep.remember
	stream := xstream.New(o)
	kept, stop := context.WithCancel(context.WithoutCancel(ctx))
	var keeping sync.WaitGroup
	keeping.Go(func() { keep.run(kept, stream.Memory) })
	if !unavailable {
		keeping.Go(func() { beside.follow(kept) })
	}
	defer keeping.Wait() // what was read at the end belongs to it
	defer stop()
	return stream.Run(ctx, func(ctx context.Context, record tweet.Raw) {
		deliver(ctx, record)
		keep.delivered.Add(1)
	})
}

// plan says what would change about the account's rules.
func (s *xSource) plan(ctx context.Context) (xstream.Changes, error) {
	return xstream.Plan(ctx, s.options)
}
