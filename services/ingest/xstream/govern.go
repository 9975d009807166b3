package xstream

import (
	"context"
	"time"
)

// governEvery is how often the share of the posts is decided anew. X takes 100 changes of rules in 15 minutes, and each
// decision takes two at most.
const governEvery = time.Minute

// lookEvery is how often the rules are looked at while a stream is open. Without them it stays open and brings nothing
// but keep-alives.
const lookEvery = 10 * time.Minute

// govern keeps the rules at the share that the governor wants, and there at all. A budget that is used up is noticed
// with each post.
func (s *Stream) govern(ctx context.Context) {
	for pause(ctx, governEvery) == nil {
		v := s.opts.Spend.Verdict()
		share, looked := s.rulesInForce()
		if v.Share == 0 || v.Share == share && s.client.Now().Sub(looked) < lookEvery {
			continue
		}
		if err := s.syncRules(ctx, v.Share); err != nil && ctx.Err() == nil {
			s.opts.Logger.Warn("the rules could not be looked at or changed", "share", v.Share, "error", err)
		}
	}
}

// haveRules sees to it that the account has the rules before a connect. Once they have been right, it does so beside the
// connect: losing posts because the rules cannot be looked at at once would be worse than reading for a moment with rules
// that someone may have changed meanwhile. The look beside ends after some requests, each bounded by xapi.CallTimeout.
func (s *Stream) haveRules(ctx context.Context, share int) error {
	if !s.rulesSet {
		err := s.syncRules(ctx, share)
		s.rulesSet = err == nil
		return err
	}
	if !s.looking.CompareAndSwap(false, true) {
		return nil // the one that hangs will do
	}
	s.beside.Go(func() {
		defer s.looking.Store(false)
		if err := s.syncRules(ctx, share); err != nil && ctx.Err() == nil {
			s.opts.Logger.Warn("connected without a look at the rules", "error", err)
		}
	})
	return nil
}

// waitForBudget waits while a budget is used up.
func (s *Stream) waitForBudget(ctx context.Context) error {
	for told := ""; ; {
		v := s.opts.Spend.Verdict()
		if v.Share > 0 {
			return nil
		}
		if told != v.String() {
			told = v.String()
			s.opts.Status(told)
			s.opts.Logger.Warn("reading has ended: "+told, "period", v.Period, "again_at", v.Until,
				"raise_with", "--x-daily-budget, --x-monthly-budget")
		}
		// A second more, so that the calendar has turned by any clock in between. Before that X may take its count back.
		if err := pause(ctx, min(time.Until(v.Until)+time.Second, governEvery)); err != nil {
			return err
		}
	}
}

// rulesInForce returns which share of the posts the rules ask for, in percent, and when they were last found or made to
// be as they are wanted; zero for never.
func (s *Stream) rulesInForce() (share int, looked time.Time) {
	s.rulesMu.Lock()
	defer s.rulesMu.Unlock()
	return s.sharePercent, s.rulesLooked
}

func (s *Stream) share() int {
	share, _ := s.rulesInForce()
	return share
}

// ruleIDs returns the wanted rules with the ids that they have on the account, as far as X has told.
func (s *Stream) ruleIDs() []Rule {
	s.rulesMu.Lock()
	defer s.rulesMu.Unlock()
	out := make([]Rule, len(s.opts.Rules))
	for i, r := range s.opts.Rules {
		out[i] = Rule{ID: s.ids[sampled(r.Value, s.sharePercent)], Value: r.Value, Tag: r.Tag}
	}
	return out
}

// syncRules brings the account's rules to the wanted ones for a share of the posts.
func (s *Stream) syncRules(ctx context.Context, share int) error {
	select { // no mutex: who has it may be waiting out one of X's limits
	case s.syncing <- struct{}{}:
		defer func() { <-s.syncing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := s.client.syncRules(ctx, ruleSync{want: sampledRules(s.opts.Rules, share), ownAll: s.opts.OwnAllRules, length: s.opts.RuleLength})
	if err != nil {
		return err
	}
	now := s.client.Now()
	before, looked := s.rulesInForce()
	s.rulesMu.Lock()
	s.sharePercent, s.ids, s.rulesLooked = share, after.ids, now
	s.rulesMu.Unlock()
	s.opts.Spend.InForce(share)
	switch {
	case before != share:
		s.opts.Logger.Warn("the share of the posts that is read has changed, to stay within the budget", "percent", share)
	case len(after.done.Add) > 0 && !looked.IsZero():
		s.opts.Logger.Warn("rules of ours were gone from the account; what they would have brought is searched for", "rules", len(after.done.Add), "since", looked)
		s.metrics.gapsOpened.Inc()
		s.filler.add(span{since: looked.Add(-overlap), until: now.Add(overlap)})
	}
	s.report(after.done)
	return nil
}
