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

// recent counts what came in the last unseenWindow, to the second. The zero value is empty.
type recent struct {
	second int64 // of the newest count, in Unix time
	counts [int(unseenWindow/time.Second) + 1]float64
}

func (r *recent) at(second int64) *float64 { return &r.counts[second%int64(len(r.counts))] }

// turn forgets what is too old. A clock that goes back finds all of it recent.
func (r *recent) turn(now time.Time) {
	n := int64(len(r.counts))
	for second := max(r.second, now.Unix()-n); second < now.Unix(); second++ {
		*r.at(second + 1) = 0
	}
	r.second = max(r.second, now.Unix())
}

func (r *recent) add(now time.Time, n float64) {
	r.turn(now)
	*r.at(r.second) += n
}

func (r *recent) read(now time.Time) (sum float64) {
	r.turn(now)
	for _, n := range r.counts {
		sum += n
	}
	return sum
}

// decay is the part that is left after d.
func decay(d, window time.Duration) float64 { return math.Exp(-d.Seconds() / window.Seconds()) }
