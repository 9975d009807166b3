package ingest

import (
	"context"
	"errors"
	"time"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/tweet"
)

// inputX returns X's filtered stream as a source, with the contest's rules.
func inputX(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	base, err := cfg.apiURL()
	token, tokenErr := cfg.token()
	if err := errors.Join(err, tokenErr); err != nil {
		return nil, err
	}
	return filteredStream(cfg, tel, tweet.SourceX, xstream.Options{URL: base, Token: token, OwnAllRules: cfg.OwnAllRules, Status: status})
}

// madeUpToken is what the simulator gets in place of a token: it lets anybody in who has one.
const madeUpToken config.Secret = "made-up"

// inputSimulator returns the stream of a simulator: the same protocol by the same code, so that all of it is used
// without a token. Whatever comes from there is marked as made up, and the account is nobody else's.
func inputSimulator(cfg Config, tel *telemetry.Stage, status func(reason string)) (Source, error) {
	base, err := cfg.simulatorURL()
	if err != nil {
		return nil, err
	}
	return filteredStream(cfg, tel, tweet.SourceSimulator, xstream.Options{URL: base, Token: madeUpToken, OwnAllRules: true, Simulated: true, Status: status})
}

// filteredStream returns a source that reads the stream from where tweets.raw says that it was left.
func filteredStream(cfg Config, tel *telemetry.Stage, source string, o xstream.Options) (Source, error) {
	rules, err := cfg.contest()
	if err != nil {
		return nil, err
	}
	o.Rules = xRules(rules.StreamRules())
	o.StallTimeout, o.Logger, o.Registerer, o.Dial = cfg.StallTimeout, tel.Logger, tel.Registerer, cfg.Dial
	o.RuleLength, o.SearchQueryLength, o.BackfillMinutes = cfg.X.XRuleLength, cfg.X.XSearchQueryLength, cfg.X.XBackfillMinutes
	return xSource{cfg: cfg, tel: tel, source: source, options: o}, nil
}

// xSource is X's filtered stream, or a simulator's.
type xSource struct {
	cfg     Config
	tel     *telemetry.Stage
	source  string // whose records in tweets.raw tell where it was left
	options xstream.Options
}

// Run reads until ctx ends.
func (s xSource) Run(ctx context.Context, deliver func(ctx context.Context, record tweet.Raw)) error {
	o := s.options
	before, err := newPast(s.source, time.Now())
	if err != nil {
		return err
	}
	o.Status("reading what was delivered before")
	if err := recall(ctx, s.cfg.Kafka, s.tel, recallX, before.note); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if !s.cfg.Newborn {
		o.Resume = before.resume
	}
	o.Pace = before.pace()
	o.Seen = before.window.Seen
	o.Spend = s.cfg.X.governor(before.today, o.Registerer)
	return xstream.New(o).Run(ctx, deliver)
}

// plan says what would change about the account's rules.
func (s xSource) plan(ctx context.Context) (xstream.Changes, error) {
	return xstream.Plan(ctx, s.options)
}
