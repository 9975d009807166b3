package refresher

import (
	"log/slog"
	"time"

	"catsvdogs/services/refresher/agenda"
)

// leftOut sums up which looks were left out, for a line in the log now and then.
type leftOut struct {
	looks map[agenda.Reason]int64
	since time.Time
}

// show shows where the schedule is.
func (r *refresher) show(now time.Time) {
	showAgenda(r.posts.agenda, r.metrics, &r.leftOut, r.tel.Logger, now)
}

func showAgenda[K agenda.Key](a *agenda.Agenda[K], m *metrics, left *leftOut, logger *slog.Logger, now time.Time) {
	p := a.Pending(now.UnixMilli())
	m.held.Set(float64(a.Held()))
	m.free.Set(float64(p.Free))
	m.paid.Set(float64(p.Paid))
	late := 0.0
	if p.Oldest > 0 {
		late = max(0, now.Sub(time.UnixMilli(p.Oldest)).Seconds())
	}
	m.late.Set(late)
	for reason, looks := range a.LeftOut() {
		m.leftOut.WithLabelValues(string(reason)).Add(float64(looks))
		m.left[reason] += looks
		if left.looks == nil {
			left.looks = map[agenda.Reason]int64{}
		}
		left.looks[reason] += looks
	}
	if len(left.looks) > 0 && now.Sub(left.since) >= leftOutEvery {
		logger.Warn("looks were left out", "late", left.looks[agenda.Late], "for_the_budget", left.looks[agenda.Budget], "too_many_posts", left.looks[agenda.Full])
		*left = leftOut{since: now}
	}
}
