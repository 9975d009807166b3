package xstream

import (
	"context"
	"math"
	"time"
)

// lasting is how long a stream must have brought what it brings for a backfill to count as complete. X sends it at the
// beginning, and does not say when it is done.
const lasting = time.Minute

// MaxBackfillMinutes is the most that X sends again.
const MaxBackfillMinutes = 5

// backfillFor returns how many minutes to ask X to send again, 0 when that would not fill what is open.
func (s *Stream) backfillFor(now time.Time) int {
	if s.opts.BackfillMinutes == 0 || !s.cover.open || s.cover.chosen {
		return 0
	}
	minutes := int(math.Ceil(now.Sub(s.cover.from).Minutes()))
	if minutes > s.opts.BackfillMinutes {
		return 0
	}
	return minutes
}

// alive notes a sign of life. The first one after a gap closes it.
func (s *session) alive(ctx context.Context, now time.Time) {
	if g, closed := s.cover.heard(now); closed {
		s.closed(ctx, g)
	}
	if !s.well && s.received > 0 && now.Sub(s.connected) >= healthyAfter {
		s.well, s.healed = true, false
		s.backoff.healthy()
		s.publish()
	}
	if s.repaired != nil && now.Sub(s.connected) >= lasting {
		s.hold(nil)
		s.metrics.gapsFilled.WithLabelValues("backfill").Inc()
	}
}

// closed sees to it that a gap is filled, or tells that it is not.
func (s *session) closed(ctx context.Context, g gap) {
	s.metrics.gapSeconds.Add(g.missed.Seconds())
	switch {
	case g.chosen:
		s.outlet.gap(ctx, newGapEvent(g.span, "", NoBudget, "reading had ended to stay within the budget"))
	case s.backfill > 0:
		s.hold(&g)
	default:
		s.filler.add(g.span)
	}
}

// lulled lets the time be searched in which a connection that was alive brought no posts.
func (s *session) lulled(since, now time.Time) {
	s.metrics.lulls.Inc()
	s.opts.Logger.Warn("no post came for longer than chance explains; what the stream may have left out is searched for",
		"silent_for", now.Sub(since).Round(time.Millisecond))
	s.filler.add(span{since: since.Add(-overlap), until: now.Add(overlap)})
}

// hold keeps a gap that backfill is filling.
func (s *session) hold(g *gap) {
	s.repaired = g
	if g == nil {
		s.held.Store(nil)
		return
	}
	s.held.Store(&g.since)
}

// lost notes the end of a session.
func (s *session) lost(chosen bool) {
	if s.repaired != nil {
		s.filler.add(s.repaired.span) // who knows how much of the backfill has come
		s.hold(nil)
	}
	if s.cover.ended(chosen) {
		s.metrics.gapsOpened.Inc()
	}
}

// missingSince returns the mark of records: the id after which posts may be missing, "" for none.
func (s *Stream) missingSince() string {
	since := s.filler.since()
	if held := s.held.Load(); held != nil && (since.IsZero() || held.Before(since)) {
		since = *held
	}
	if since.IsZero() {
		return ""
	}
	return span{since: since}.sinceID()
}
