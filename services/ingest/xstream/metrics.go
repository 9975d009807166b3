package xstream

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics counts what happens on the stream. Labels come from fixed sets, never from what X sends.
type metrics struct {
	lines, keepAlives, bytes, truncated, unfinished prometheus.Counter
	connects, reconnects, streamErrors              *prometheus.CounterVec
	lastByte, foreignRules, openGaps                prometheus.Gauge

	duplicates, gapsOpened, gapSeconds, gapPosts, healed prometheus.Counter
	lulls                                                prometheus.Counter
	gapsFilled, gapsUnfilled                             *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	auto := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_" + name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return auto.NewCounterVec(prometheus.CounterOpts{Name: "catsvdogs_ingest_" + name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_" + name, Help: help})
	}
	return &metrics{
		lines:        counter("lines_total", "Lines received, keep-alives and errors of the stream not counted."),
		keepAlives:   counter("keepalives_total", "Keep-alives received."),
		bytes:        counter("received_bytes_total", "Bytes of the stream received."),
		truncated:    counter("truncated_lines_total", "Lines that were too long and of which only the first part was kept."),
		unfinished:   counter("unfinished_lines_total", "Lines that the end of a connection cut."),
		connects:     counters("connects_total", "Attempts to connect, by outcome: connected, or the kind of failure.", "outcome"),
		reconnects:   counters("reconnects_total", "Reconnects, by what made them necessary.", "reason"),
		streamErrors: counters("stream_errors_total", "Errors that X sent in the stream, by type.", "type"),
		lastByte:     gauge("last_byte_timestamp_seconds", "When the last byte of the stream came, a keep-alive included."),
		foreignRules: gauge("foreign_rules", "Rules on the account that are not ours."),

		duplicates:   counter("duplicate_posts_total", "Posts that came again and were dropped: the same version of the same post."),
		healed:       counter("stuck_connections_ended_total", "Times that connections of ours were ended at X because they were in the way of a new one."),
		openGaps:     gauge("open_gaps", "Gaps that wait to be filled."),
		gapsOpened:   counter("gaps_opened_total", "Times in which posts may have been missed."),
		lulls:        counter("lulls_total", "Times in which a live stream brought no post for longer than chance explains; they are searched."),
		gapSeconds:   counter("gap_seconds_total", "Time without a live stream, between two that were."),
		gapPosts:     counter("gap_posts_total", "Posts that only the search for missed posts has found."),
		gapsFilled:   counters("gaps_filled_total", "Gaps that were filled, by how.", "by"),
		gapsUnfilled: counters("gaps_unfilled_total", "Gaps, or parts of them, that could not be filled, by why.", "reason"),
	}
}
