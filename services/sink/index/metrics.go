package index

import "github.com/prometheus/client_golang/prometheus"

// metrics are what package bulk does not count.
type metrics struct {
	deadLetters *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{deadLetters: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "catsvdogs_sink_index_dead_letters_total", Help: "Records that went to tweets.dlq, by reason."}, []string{"reason"})}
	r.MustRegister(m.deadLetters)
	return m
}
