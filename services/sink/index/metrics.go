package index

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	verdicts    *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	failed      prometheus.Counter
	bulks       prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_index_items_total", Help: "Verdicts on items of bulk requests; an item that is sent again has several."}, []string{"outcome"}),
		deadLetters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_index_dead_letters_total", Help: "Records that went to tweets.dlq, by reason."}, []string{"reason"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_sink_index_bulks_failed_total", Help: "Bulk requests without a usable answer."}),
		bulks: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "catsvdogs_sink_index_bulk_seconds", Help: "Time from a bulk request to its answer.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}),
	}
	r.MustRegister(m.verdicts, m.deadLetters, m.failed, m.bulks)
	return m
}
