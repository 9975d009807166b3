package group

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what a member does.
type Metrics struct {
	held   prometheus.Gauge
	ahead  prometheus.Gauge
	paused prometheus.Gauge
}

// NewMetrics registers catsvdogs_sink_<part>_held_bytes, _ahead_bytes and _paused. It panics when they are registered already, as two
// parts of one name would be.
func NewMetrics(r prometheus.Registerer, part string) *Metrics {
	prefix := "catsvdogs_sink_" + part
	m := &Metrics{
		held: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_held_bytes", Help: "Bytes of records that were read and are not done."}),
		ahead: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_ahead_bytes", Help: "Bytes of records that were fetched and are not read yet."}),
		paused: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_paused", Help: "1 while partitions are paused because the index takes no documents."}),
	}
	r.MustRegister(m.held, m.ahead, m.paused)
	return m
}
