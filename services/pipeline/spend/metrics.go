package spend

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	posts         prometheus.Counter
	sample        prometheus.Gauge
	spent, budget *prometheus.GaugeVec
}

// newMetrics registers the metrics under the name of a service. Who only looks posts up has no share of a stream to tell.
func newMetrics(o Options) *metrics {
	prefix, auto, stream := "catsvdogs_"+o.Service+"_", promauto.With(o.Registerer), promauto.With(o.Registerer)
	if o.Lookups {
		stream = promauto.With(nil)
	}
	gauges := func(name, help string) *prometheus.GaugeVec {
		return auto.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, []string{"period"})
	}
	return &metrics{
		posts:  auto.NewCounter(prometheus.CounterOpts{Name: prefix + "billed_posts_total", Help: "Posts read that X bills for, each once in a UTC day."}),
		sample: stream.NewGauge(prometheus.GaugeOpts{Name: prefix + "sample_percent", Help: "Share of the posts that the rules ask for, to stay within the budget."}),
		spent:  gauges("spent_dollars", "Price of the posts read in this UTC day and month, other processes of the account included where X tells of them."),
		budget: gauges("budget_dollars", "What may be spent in a UTC day and month; 0 for no limit."),
	}
}
