package bulk

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what a Writer does. Several writers of one kind may share it.
type Metrics struct {
	verdicts *prometheus.CounterVec
	failed   prometheus.Counter
	seconds  prometheus.Histogram
}

// NewMetrics registers catsvdogs_sink_<part>_items_total, _bulks_failed_total and _bulk_seconds. It panics when they are
// registered already, as two parts of one name would be.
func NewMetrics(r prometheus.Registerer, part string) *Metrics {
	prefix := "catsvdogs_sink_" + part
	m := &Metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_items_total", Help: "Verdicts on items of bulk requests; an item that is sent again has several."}, []string{"outcome"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: prefix + "_bulks_failed_total", Help: "Bulk requests without a usable answer."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "_bulk_seconds", Help: "Time from a bulk request to its answer.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}),
	}
	r.MustRegister(m.verdicts, m.failed, m.seconds)
	return m
}
