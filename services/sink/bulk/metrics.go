package bulk

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what a Writer does.
type Metrics struct {
	verdicts    *prometheus.CounterVec
	failed      prometheus.Counter
	seconds     prometheus.Histogram
	bytes       prometheus.Gauge
	concurrency prometheus.Gauge
	shrinks     *prometheus.CounterVec
}

// NewMetrics registers catsvdogs_sink_<part>_items_total, _bulks_failed_total, _bulk_seconds, and the present limits:
// _bulk_limit_bytes, _bulk_limit_requests and _bulk_limit_shrinks_total. It panics when they are registered already, as two
// parts of one name would be.
func NewMetrics(r prometheus.Registerer, part string) *Metrics {
	prefix := "catsvdogs_sink_" + part
	m := &Metrics{
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_items_total", Help: "Verdicts on items of bulk requests; an item that is sent again has several."}, []string{"outcome"}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: prefix + "_bulks_failed_total", Help: "Bulk requests without a usable answer."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "_bulk_seconds", Help: "Time from a bulk request to its answer.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}),
		bytes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_bulk_limit_bytes", Help: "Largest bulk request at present, before compression."}),
		concurrency: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_bulk_limit_requests", Help: "Most bulk requests under way at present."}),
		shrinks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_bulk_limit_shrinks_total", Help: "Times that size and number of bulk requests were lowered, by reason."}, []string{"reason"}),
	}
	for _, why := range []trouble{pushedBack, failed, tooLarge, slower} { // a rate needs a zero to start from
		m.shrinks.WithLabelValues(string(why))
	}
	r.MustRegister(m.verdicts, m.failed, m.seconds, m.bytes, m.concurrency, m.shrinks)
	return m
}
