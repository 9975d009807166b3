package telemetry

import (
	"fmt"
	"math"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// NewLatency returns a histogram of seconds whose buckets grow by a tenth from 1 ms to about 100 s, so that a quantile
// read from it is off by 5 % at most.
func NewLatency(name, help string) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(0.001, 1.1, 122),
	})
}

// Count reads the counter with this name, all its labels together. It is 0 when there is none, or none yet.
func (p *Process) Count(name string) (int64, error) {
	families, err := p.registry.Gather()
	if err != nil {
		return 0, fmt.Errorf("gather metrics: %w", err)
	}
	var sum float64
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum += m.GetCounter().GetValue()
		}
	}
	return int64(sum), nil
}

// Quantiles reads quantiles (0 to 1) of the histogram with this name, in seconds, interpolated within a bucket as
// Prometheus' histogram_quantile does. Without observations they are NaN.
func (p *Process) Quantiles(name string, quantiles ...float64) ([]float64, error) {
	families, err := p.registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	for _, f := range families {
		if f.GetName() == name && len(f.GetMetric()) == 1 {
			h := f.GetMetric()[0].GetHistogram()
			out := make([]float64, len(quantiles))
			for i, q := range quantiles {
				out[i] = quantile(h, q)
			}
			return out, nil
		}
	}
	return nil, fmt.Errorf("there is no histogram %s", name)
}

func quantile(h *dto.Histogram, q float64) float64 {
	total := float64(h.GetSampleCount())
	if total == 0 {
		return math.NaN()
	}
	rank := q * total
	below, lower := 0.0, 0.0
	for _, b := range h.GetBucket() {
		count := float64(b.GetCumulativeCount())
		if count >= rank {
			if count == below {
				return b.GetUpperBound()
			}
			return lower + (b.GetUpperBound()-lower)*(rank-below)/(count-below)
		}
		below, lower = count, b.GetUpperBound()
	}
	return lower // beyond the last bucket: at least this much
}
