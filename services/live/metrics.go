package live

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/telemetry"

	"catsvdogs/services/live/rollup"
)

// metrics are what the service shows of itself.
type metrics struct {
	observations *prometheus.CounterVec
	undecodable  *prometheus.CounterVec
	states       prometheus.Counter
	lag          prometheus.Gauge
	sourceToLive prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, board *scoreboard) (*metrics, error) {
	m := &metrics{
		observations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_live_observations_total",
			Help: "Looks at posts by what they did: counted (a new post), otherday (of a day that is not kept), noteam, revised, repeated, removed, forgotten (of a post that is no longer kept in mind: nothing was changed).",
		}, []string{"outcome"}),
		undecodable: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "catsvdogs_live_undecodable_total",
			Help: "Records of tweets.enriched that were passed over, by reason.",
		}, []string{"reason"}),
		states: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "catsvdogs_live_states_total",
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
	}, func() float64 { return float64(board.hub.Followers()) })

	refused := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "catsvdogs_live_refused_clients_total",
		Help: "Pages that were asked to come back later, because as many as may be followed, in all or from their address.",
	}, func() float64 { return float64(board.hub.Refused()) })
	remembered := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "catsvdogs_live_remembered_posts",
		Help: "Posts kept in mind; --remember-posts bounds them.",
	}, func() float64 { return float64(board.remembered()) })

	// Every outcome is there from the start, so that a rate over it has a beginning.
	for _, o := range []rollup.Outcome{rollup.Counted, rollup.OtherDay, rollup.NoTeam, rollup.Revised, rollup.Repeated, rollup.Removed, rollup.Forgotten} {
		m.observations.WithLabelValues(string(o))
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.observations, m.undecodable, m.states, m.lag, m.sourceToLive, clients, refused, remembered} {
		errs = append(errs, r.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}
