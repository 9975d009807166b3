package xstream

import (
	"context"
	"fmt"
	"time"

	"catsvdogs/services/pipeline/xapi"
)

// waitForLimit waits until another connect is within X's limit, and X wants it.
func (s *Stream) waitForLimit(ctx context.Context) error {
	wait := max(s.limiter.Wait(s.client.Now()), s.notBefore.Sub(s.client.Now()), 0)
	if wait == 0 {
		return nil
	}
	s.opts.Status("waiting until X takes another connect")
	s.opts.Logger.Warn("waiting until X takes another connect", "limit", connectLimit, "window", xapi.LimitWindow, "again_in", wait.Round(time.Second))
	return pause(ctx, wait)
}

// report tells what a sync has done. Under syncing.
func (s *Stream) report(c Changes) {
	s.metrics.foreignRules.Set(float64(len(c.Foreign)))
	if !c.none() {
		s.opts.Logger.Info("the rules were brought up to date", "added", len(c.Add), "retagged", len(c.Retag), "removed", len(c.Remove))
	}
	if n := len(c.Foreign); n != s.lastForeign {
		s.lastForeign = n
		for _, r := range c.Foreign[:min(n, 10)] {
			s.opts.Logger.Warn("the account has a rule that is not ours; its posts come and are billed too",
				"value", xapi.Printable(s.client.Hide(r.Value)), "tag", xapi.Printable(s.client.Hide(r.Tag)), "of", n, "remove_with", "--own-all-rules")
		}
	}
}

// announce tells that a session is connected.
func (s *session) announce() {
	s.opts.Spend.Reading()
	s.metrics.connects.WithLabelValues("connected").Inc()
	s.opts.Logger.Info("connected to the stream", "source", s.outlet.source(), "url", s.opts.URL.Redacted(), "rules", len(s.opts.Rules), "backfill_minutes", s.backfill)
	s.opts.Status("")
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait before the next request: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
