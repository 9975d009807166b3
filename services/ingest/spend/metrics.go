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

func newMetrics(r prometheus.Registerer) *metrics {
	auto := promauto.With(r)
	gauges := func(name, help string) *prometheus.GaugeVec {
		return auto.NewGaugeVec(prometheus.GaugeOpts{Name: "catsvdogs_ingest_" + name, Help: help}, []string{"period"})
	}
	return &metrics{
		posts:  auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_billed_posts_total", Help: "Posts read that X bills for, each once in a UTC day."}),
		sample: auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_sample_percent", Help: "Share of the posts that the rules ask for, to stay within the budget."}),
		spent:  gauges("spent_dollars", "Price of the posts read in this UTC day and month, other processes of the account included where X tells of them."),
		budget: gauges("budget_dollars", "What may be spent in a UTC day and month; 0 for no limit."),
	}
}
