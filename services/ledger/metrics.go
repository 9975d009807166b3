package ledger

import (
	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/ledger/account"
)

// metrics are the numbers of the latest account.
type metrics struct {
	balanced, settled, pending, posts, took, lag, at prometheus.Gauge
	parts, again                                     *prometheus.GaugeVec
	records, archived                                *prometheus.GaugeVec
	handed                                           *prometheus.GaugeVec
	findings                                         *prometheus.GaugeVec
	rounds, failed                                   prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ledger_" + name, Help: help})
		r.MustRegister(g)
		return g
	}
	vec := func(name, help, label string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "catsvdogs_ledger_" + name, Help: help}, []string{label})
		r.MustRegister(g)
		return g
	}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ledger_" + name, Help: help})
		r.MustRegister(c)
		return c
	}
	return &metrics{
		balanced: gauge("balanced", "1 when nothing is wrong in the latest account, otherwise 0."),
		settled:  gauge("settled", "1 when nothing is in flight in the latest account, otherwise 0."),
		pending:  gauge("pending_records", "What is in flight: records, posts and lines that somebody has not come to yet."),
		posts:    gauge("remembered_posts", "Posts that are remembered."),
		took:     gauge("round_seconds", "How long the latest account took."),
		parts:    vec("round_part_seconds", "How long which part of the latest account took.", "part"),
		lag:      gauge("round_lag_seconds", "How much later than --every says the latest account was begun, because the one before took longer."),
		again:    vec("judged_again", "Posts, and objects of the archive, that were well before and were looked at again, since the start.", "what"),
		at:       gauge("account_timestamp_seconds", "When the latest account was begun, in seconds since 1970."),
		records:  vec("topic_records", "Records that were read.", "topic"),
		archived: vec("archived_records", "Records in the archive that were held against Kafka.", "topic"),
		handed:   vec("handed_lines", "Lines that the simulator handed over.", "state"),
		findings: vec("findings_records", "What is wrong, by kind.", "kind"),
		rounds:   counter("rounds_total", "Accounts that were drawn up."),
		failed:   counter("failed_rounds_total", "Accounts that could not be drawn up."),
	}
}

func (m *metrics) set(a *account.Account) {
	flag := map[bool]float64{true: 1}
	m.balanced.Set(flag[a.Balanced])
	m.settled.Set(flag[a.Settled])
	m.pending.Set(float64(a.Pending))
	m.posts.Set(float64(a.Posts.Remembered))
	m.took.Set(a.Took)
	for part, seconds := range a.Parts {
		m.parts.WithLabelValues(part).Set(seconds)
	}
	m.again.WithLabelValues("posts").Set(float64(a.Again.Posts))
	m.again.WithLabelValues("objects").Set(float64(a.Again.Objects))
	m.at.Set(float64(a.At.UnixMilli()) / 1000)
	for name, sum := range map[string]account.TopicSum{"tweets.raw": a.Raw, "tweets.enriched": a.Enriched, "tweets.dlq": a.DeadLetters} {
		m.records.WithLabelValues(name).Set(float64(sum.Records))
		m.archived.WithLabelValues(name).Set(float64(sum.Archived))
	}
	if h := a.Handed; h != nil {
		for state, n := range map[string]int64{"handed": h.Lines, "pending": h.Pending, "cut": h.Cut, "lost": h.Lost, "invented": h.Invented, "unattributed": h.Unattributed} {
			m.handed.WithLabelValues(state).Set(float64(n))
		}
	}
	m.findings.Reset() // a kind that is healed must not stay
	for kind, n := range a.Counts {
		m.findings.WithLabelValues(string(kind)).Set(float64(n))
	}
	m.rounds.Inc()
}
