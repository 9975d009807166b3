package simulator

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	lines     *prometheus.CounterVec
	requests  *prometheus.CounterVec
	connected prometheus.Gauge
	dropped   *prometheus.CounterVec
	late      prometheus.Counter
	faults    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "catsvdogs", Subsystem: "simulator", Name: name, Help: help}, labels)
	}
	m := &metrics{
		lines:    counter("emitted_lines_total", "Lines wholly written to the stream's client, by kind.", "kind"),
		requests: counter("requests_total", "Requests by endpoint and status.", "endpoint", "status"),
		faults:   counter("fired_faults_total", "Faults of the plan that have really happened, by name.", "fault"),
		dropped:  counter("ended_streams_total", "Streams that ended, by reason.", "reason"),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "catsvdogs", Subsystem: "simulator", Name: "connected_clients", Help: "1 while the stream has a client.",
		}),
		late: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "catsvdogs", Subsystem: "simulator", Name: "skipped_seconds_total",
			Help: "Time of the world that was left out because the client read too slowly for the rate.",
		}),
	}
	r.MustRegister(m.lines, m.requests, m.connected, m.dropped, m.late, m.faults)
	return m
}

func (m *metrics) request(endpoint string, status int) {
	m.requests.WithLabelValues(endpoint, strconv.Itoa(status)).Inc()
}

// remembers shows how many posts look-up and search can speak of.
func (*metrics) remembers(r prometheus.Registerer, posts func() int) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "catsvdogs", Subsystem: "simulator", Name: "remembered_posts", Help: "Posts, each version counted, that look-up and search know.",
	}, func() float64 { return float64(posts()) }))
}
