package spool

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	bytes, waiting  prometheus.Gauge
	spooled, failed prometheus.Counter
	torn, corrupt   prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	auto := promauto.With(r)
	gauge := func(name, help string) prometheus.Gauge {
		return auto.NewGauge(prometheus.GaugeOpts{Name: "catsvdogs_ingest_" + name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return auto.NewCounter(prometheus.CounterOpts{Name: "catsvdogs_ingest_" + name, Help: help})
	}
	lost := auto.NewCounterVec(prometheus.CounterOpts{
		Name: "catsvdogs_ingest_spool_lost_bytes_total",
		Help: "Bytes of the spool that could not be read: torn off the end by a crash, or corrupt and set aside in a file.",
	}, []string{"reason"})
	return &metrics{
		bytes:   gauge("spool_bytes", "Bytes on disk that wait to be written to the broker."),
		waiting: gauge("spool_records", "Records on disk that wait to be written to the broker."),
		spooled: counter("spooled_records_total", "Records that went to disk before they went to the broker."),
		failed:  counter("spool_errors_total", "Failures of the disk that the spool is on."),
		torn:    lost.WithLabelValues("torn"),
		corrupt: lost.WithLabelValues("corrupt"),
	}
}
