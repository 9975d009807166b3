package endpoint

import "github.com/prometheus/client_golang/prometheus"

// outcomeAnswered is the outcome of a question that has no reason to be without an answer.
const outcomeAnswered = "answered"

type metrics struct {
	questions *prometheus.CounterVec
	seconds   prometheus.Histogram
	open      prometheus.Gauge
}

func newMetrics(name string) metrics {
	prefix := "catsvdogs_enricher_" + name
	return metrics{
		questions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_posts_total", Help: "Posts that a model was to be asked about, by outcome: answered, or the reason why not."}, []string{"outcome"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "_request_seconds", Help: "Time of one request to the model, whatever came of it.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 13)}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_breaker_open", Help: "1 while the model is left alone after failures, else 0."}),
	}
}

func (m metrics) register(r prometheus.Registerer) error {
	for _, c := range []prometheus.Collector{m.questions, m.seconds, m.open} {
		if err := r.Register(c); err != nil {
			return err
		}
	}
	return nil
}
