package deadletters

import "github.com/prometheus/client_golang/prometheus"

// metrics are what package bulk does not count.
type metrics struct {
	passedOver *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{passedOver: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "catsvdogs_sink_dead_letters_passed_over_total", Help: "Dead letters that have no document, by reason."}, []string{"reason"})}
	r.MustRegister(m.passedOver)
	return m
}
