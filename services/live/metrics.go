package live

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/telemetry"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/rollup"
)

// metrics are what the service shows of itself.
type metrics struct {
	observations *prometheus.CounterVec
	undecodable  *prometheus.CounterVec
	ticks        prometheus.Counter
	lag          prometheus.Gauge
	sourceToLive prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, hub *broadcast.Hub) (*metrics, error) {
	m := &metrics{
		observations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_live_observations_total",
			Help: "Looks at posts by what they did: counted (a new post of today), otherday, revised, repeated, removed.",
		}, []string{"outcome"}),
		undecodable: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_live_undecodable_total",
			Help: "Records of tweets.enriched that were passed over, by reason.",
		}, []string{"reason"}),
		ticks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_live_ticks_total",
			Help: "States that were published to the pages.",
		}),
		lag: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "catsvdogs_live_lag_records",
			Help: "Records of tweets.enriched that are committed and not counted yet, when last looked.",
		}),
		sourceToLive: telemetry.NewLatency("catsvdogs_live_source_to_live_seconds",
			"From a post's creation to the state that shows it, for posts first counted since the start was caught up with."),
	}
	clients := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "catsvdogs_live_clients",
		Help: "Pages that follow now.",
	}, func() float64 { return float64(hub.Followers()) })

	// Every outcome is there from the start, so that a rate over it has a beginning.
	for _, o := range []rollup.Outcome{rollup.Counted, rollup.OtherDay, rollup.Revised, rollup.Repeated, rollup.Removed} {
		m.observations.WithLabelValues(string(o))
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.observations, m.undecodable, m.ticks, m.lag, m.sourceToLive, clients} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}
