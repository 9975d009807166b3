package jetstream

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"catsvdogs/services/pipeline/bluesky"
)

// metrics counts what happens on the stream. Labels come from fixed sets, never from what a host sends.
type metrics struct {
	bytes, gap                           prometheus.Counter
	events, unread, connects, reconnects *prometheus.CounterVec
	lastEvent, lag                       prometheus.Gauge
}

func newMetrics(service string, r prometheus.Registerer) *metrics {
	auto := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_" + service + "_" + name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "catsvdogs_" + service + "_" + name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_" + service + "_" + name, Help: help})
	}
	return &metrics{
		bytes:      counter("received_bytes_total", "Bytes of frames received."),
		gap:        counter("gap_seconds_total", "Time of which the hosts had no events any more when they were asked for them."),
		events:     counters("events_total", "Events received, those that came before included, by kind.", "kind"),
		unread:     counters("unread_frames_total", "Frames that are no event that can be read whole, by reason.", "reason"),
		connects:   counters("connects_total", "Attempts to connect, by outcome: connected, or the kind of failure.", "outcome"),
		reconnects: counters("reconnects_total", "Reconnects, by what made them necessary.", "reason"),
		lastEvent:  gauge("last_event_timestamp_seconds", "When the last event came."),
		lag:        gauge("lag_seconds", "How old the last event was when it came: large while what was missed is read again."),
	}
}

// label keeps the kinds of events to a fixed set.
func label(kind string) string {
	switch kind {
	case bluesky.KindCommit, bluesky.KindAccount, bluesky.KindIdentity:
		return kind
	default:
		return "other"
	}
}
