package spend

import (
	"math"
	"time"
)

// decaying counts events and forgets them exponentially, over the time given by window: its value is about the number of
// events in the last window.
type decaying struct {
	window time.Duration
	value  float64
	at     time.Time
}

func (d *decaying) add(now time.Time, n float64) {
	d.value, d.at = d.read(now)+n, now
}

func (d *decaying) read(now time.Time) float64 {
	if d.value == 0 || !now.After(d.at) {
		return d.value
	}
	return d.value * decay(now.Sub(d.at), d.window)
}

// decay is the part that is left after d.
func decay(d, window time.Duration) float64 { return math.Exp(-d.Seconds() / window.Seconds()) }
