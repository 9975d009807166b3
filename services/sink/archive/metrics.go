package archive

import (
	"bytes"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	objects   *prometheus.CounterVec
	records   *prometheus.CounterVec
	bytes     *prometheus.CounterVec
	deletions *prometheus.CounterVec
	lost      *prometheus.CounterVec
	dropped   prometheus.Counter
	open      prometheus.Gauge
	held      prometheus.Gauge
	ahead     prometheus.Gauge
	failed    prometheus.Counter
	puts      prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		objects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_objects_total", Help: "Objects archived, by topic and by what closed them."}, []string{"topic", "closed_by"}),
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_records_total", Help: "Records archived."}, []string{"topic"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_bytes_total", Help: "Compressed bytes archived."}, []string{"topic"}),
		deletions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_deletions_total", Help: "Deletions put on the suppression list."}, []string{"topic"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_lost_offsets_total", Help: "Offsets that Kafka had dropped before they were archived."}, []string{"topic"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_dropped_records_total", Help: "Records in open objects whose partition was revoked; the new owner archives them."}),
		held: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "catsvdogs_sink_archive_open_bytes", Help: "Memory that open objects take, packers included."}),
		ahead: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "catsvdogs_sink_archive_ahead_bytes", Help: "Memory that records take which are fetched and not taken into an object."}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "catsvdogs_sink_archive_open_records", Help: "Records in open objects, which are in Kafka only so far."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_sink_archive_puts_failed_total", Help: "Puts that failed and were tried again."}),
		puts: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "catsvdogs_sink_archive_put_seconds", Help: "Time of one put.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 16)}),
	}
	r.MustRegister(m.objects, m.records, m.bytes, m.deletions, m.lost, m.dropped, m.open, m.held, m.ahead, m.failed, m.puts)
	return m
}

// stored counts an object after the offset behind it has been committed.
func (m *metrics) stored(c *closedObject) {
	m.objects.WithLabelValues(c.topic, c.reason).Inc()
	m.records.WithLabelValues(c.topic).Add(float64(c.reach.Records))
	m.deletions.WithLabelValues(c.topic).Add(float64(bytes.Count(c.deletions, []byte("\n"))))
	m.bytes.WithLabelValues(c.topic).Add(float64(c.size()))
}
