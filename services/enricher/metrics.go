package enricher

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/telemetry"
)

type metrics struct {
	enriched    prometheus.Counter
	deletions   prometheus.Counter
	deadLetters *prometheus.CounterVec
	aborted     prometheus.Counter
	fetchErrors prometheus.Counter
	partitions  prometheus.Gauge
	ahead       prometheus.Gauge
	latency     prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		enriched: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_enricher_enriched_total", Help: "Documents committed to tweets.enriched."}),
		deletions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_enricher_deletions_total", Help: "Deletions committed to tweets.enriched."}),
		deadLetters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_enricher_dead_letters_total", Help: "Records committed to tweets.dlq, by reason."}, []string{"reason"}),
		aborted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_enricher_transactions_aborted_total", Help: "Transactions that were aborted and whose batch was read again."}),
		fetchErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_enricher_fetch_errors_total", Help: "Errors while reading tweets.raw; the client tries again by itself."}),
		partitions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "catsvdogs_enricher_partitions", Help: "Partitions of tweets.raw that this replica has; 0 when others have all."}),
		ahead: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "catsvdogs_enricher_ahead_bytes", Help: "Memory that records of tweets.raw take which were fetched and are not read yet."}),
		latency: telemetry.NewLatency("catsvdogs_enricher_source_to_enriched_seconds",
			"From the creation of a post to its commit in tweets.enriched, for the first look at each post."),
	}
	r.MustRegister(m.enriched, m.deletions, m.deadLetters, m.aborted, m.fetchErrors, m.partitions, m.ahead, m.latency)
	return m
}

// committed counts a batch after its commit, so that no aborted record is ever counted.
func (m *metrics) committed(results []result, now time.Time) {
	for i := range results {
		r := &results[i]
		if r.refused != nil {
			m.deadLetters.WithLabelValues(r.refused.Reason).Inc()
			continue
		}
		if r.record.Value == nil {
			m.deletions.Inc()
			continue
		}
		m.enriched.Inc()
		if !r.createdAt.IsZero() {
			m.latency.Observe(max(0, now.Sub(r.createdAt).Seconds()))
		}
	}
}
