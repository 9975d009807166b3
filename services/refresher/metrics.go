package refresher

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/refresher/agenda"
)

// Outcomes of a look.
const (
	refreshed  = "refreshed"  // a record with new counts was written
	deleted    = "deleted"    // the post is gone
	doubted    = "doubted"    // the post is said to be gone by an answer that is not believed yet
	unchanged  = "unchanged"  // the counts are what they were
	outdated   = "outdated"   // the post has a newer version, which is asked for next
	unanswered = "unanswered" // the answer says nothing of the post, or nothing that can be used
	failed     = "failed"     // the request failed
	overtaken  = "overtaken"  // a deletion became known while it was under way
)

type metrics struct {
	looks, requests, leftOut, undecodable, deletions *prometheus.CounterVec
	refused, dropped, uncomplied, unreadable         prometheus.Counter
	held, free, paid, late, lag, reactions, complied prometheus.Gauge
	standing                                         prometheus.Gauge
	lookup                                           prometheus.Histogram

	// What is shown of this process as well; for the loop alone.
	outcomes map[string]int64
	left     map[agenda.Reason]int64
}

// looked counts a look.
func (m *metrics) looked(outcome string) {
	m.looks.WithLabelValues(outcome).Inc()
	m.outcomes[outcome]++
}

// idle says that there is no schedule just now.
func (m *metrics) idle() {
	for _, g := range []prometheus.Gauge{m.held, m.free, m.paid, m.late, m.lag, m.reactions} {
		g.Set(0)
	}
}

func newMetrics(r prometheus.Registerer) *metrics {
	auto := promauto.With(r)
	counters := func(name, help, label string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "catsvdogs_refresher_" + name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_refresher_" + name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_refresher_" + name, Help: help})
	}
	m := &metrics{
		outcomes: map[string]int64{}, left: map[agenda.Reason]int64{},

		looks:       counters("looks_total", "Looks at posts, by outcome.", "outcome"),
		requests:    counters("requests_total", "Requests for posts, by outcome: answered, or the kind of failure.", "outcome"),
		leftOut:     counters("left_out_looks_total", "Looks that were not made, by reason: late, budget, or full (more posts than are kept in mind).", "reason"),
		undecodable: counters("undecodable_records_total", "Records that could not be read and were passed over, by reason.", "reason"),
		deletions:   counters("deletions_total", "Deletions that were written, by how they became known.", "by"),
		refused:     counter("refused_grants_total", "Times that looks were due and none of them could be paid for."),
		dropped:     counter("dropped_reactions_total", "Likes and reposts of Bluesky that were not counted because there were too many."),
		uncomplied:  counter("compliance_failures_total", "Tries to hold the archive against X that failed."),
		unreadable:  counter("compliance_unreadable_total", "Objects of the archive, and lines of them, that could not be read and whose posts were not asked about."),
		complied:    gauge("compliance_finished_timestamp_seconds", "When the whole archive was last held against X, as a Unix time; 0 for never."),
		held:        gauge("held_posts", "Posts that are kept in mind."),
		free:        gauge("due_free_looks", "Looks that are due and cost nothing."),
		paid:        gauge("due_paid_looks", "Looks that are due and cost something."),
		late:        gauge("late_seconds", "How long the look that is due longest has been."),
		lag:         gauge("lag_records", "Records of tweets.enriched that were not read yet."),
		standing:    gauge("standing_by", "1 while another refresher of the source looks at its posts, or nobody knows; 0 while this one does."),
		reactions:   gauge("counted_reactions", "Likes and reposts of Bluesky that are counted."),
		lookup: auto.NewHistogram(prometheus.HistogramOpts{
			Name: "catsvdogs_refresher_lookup_seconds", Help: "Time from a request for posts to its answer.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 11),
		}),
	}
	for _, reason := range []agenda.Reason{agenda.Late, agenda.Budget, agenda.Full} {
		m.leftOut.WithLabelValues(string(reason))
	}
	for _, outcome := range []string{refreshed, deleted, doubted, unchanged, outdated, unanswered, failed, overtaken} {
		m.looks.WithLabelValues(outcome)
	}
	return m
}
