package ingest

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics counts what happens between the source and the broker.
type metrics struct {
	written, writeErrors, waited prometheus.Counter
	buffered, waiting, spoolFull prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	auto := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_" + name, Help: help})
	}
	return &metrics{
		written:     counter("written_records_total", "Records that the broker has acknowledged."),
		writeErrors: counter("write_errors_total", "Attempts to reach the broker or to write that failed and were made again."),
		waited:      counter("buffer_wait_seconds_total", "Time that reading has waited because there was no room."),
		buffered:    gauge("buffer_bytes", "Bytes of records that wait to be written."),
		waiting:     gauge("buffer_full", "1 while reading waits because there is no room, else 0."),
		spoolFull:   gauge("spool_full", "1 while the spool takes no records because it is full or its disk fails, else 0."),
	}
}

// readingWaits returns what a buffer tells that it is full. For one goroutine.
func (m *metrics) readingWaits(logger *slog.Logger) func() (ended func()) {
	var lastLog time.Time
	return func() func() {
		began := time.Now()
		// A broker that is just too slow fills the buffer again with every record.
		if began.Sub(lastLog) > time.Minute {
			lastLog = began
			logger.Warn("reading waits: the buffer is full because the broker is slow or away", "raise_with", "--buffer-bytes")
		}
		m.waiting.Set(1)
		return func() {
			m.waiting.Set(0)
			m.waited.Add(time.Since(began).Seconds())
		}
	}
}
