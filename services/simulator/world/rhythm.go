package world

import (
	"math"
	"time"
)

const (
	dayAmplitude = 0.4 // the busiest hour has 1.4 times the mean, the quietest 0.6
	busiestHour  = 19  // UTC

	surgeEvery  = 120.0 // seconds; each such stretch may hold one surge
	surgeChance = 0.5
	surgeLength = 40.0 // seconds
	surgeHeight = 0.8  // at its peak, in shares of the rate
	surgePull   = 1.2  // how strongly it favours its subject, as an exponent
)

// surgeMean is what surges add on average: a raised cosine has half the area
// of its box. Dividing by it keeps the mean of the day at the rate.
const surgeMean = surgeChance * surgeHeight * surgeLength / 2 / surgeEvery

// daily is the day's rhythm; its mean over 24 hours is 1.
func daily(at time.Time) float64 {
	u := at.UTC()
	hour := float64(u.Hour()) + float64(u.Minute())/60
	return 1 + dayAmplitude*math.Cos(2*math.Pi*(hour-busiestHour)/24)
}

// rhythm is everything that changes with the story's time. All of it follows
// from the seed without state, so any moment can be asked for.
type rhythm struct {
	seed uint64
	sign float64 // 1 or -1: who leads first
}

func newRhythm(seed uint64) rhythm {
	return rhythm{seed: seed, sign: float64(1 - 2*int(mix(seed)&1))}
}

// wave gives the surge of a moment among n subjects: its height from 0 to 1
// and whose it is. Surges come in rounds in which each subject has the same
// one, or chance would decide the contest after all.
func (r rhythm) wave(at float64, n int) (height float64, subject int) {
	stretch := math.Floor(at / surgeEvery)
	round := uint64(stretch) / uint64(n)
	h := mix(r.seed ^ mix(round))
	if float64(h%1024)/1024 >= surgeChance {
		return 0, 0
	}
	begin := float64(h>>10%1024) / 1024 * (surgeEvery - surgeLength)
	x := (at - stretch*surgeEvery - begin) / surgeLength
	if x < 0 || x > 1 {
		return 0, 0
	}
	return (1 - math.Cos(2*math.Pi*x)) / 2, int((uint64(stretch) + h>>40) % uint64(n))
}

// surge is the factor on the rate; its mean over time is 1.
func (r rhythm) surge(at float64, n int) float64 {
	height, _ := r.wave(at, n)
	return (1 + surgeHeight*height) / (1 + surgeMean)
}

// favour is how much subject i of n is talked about at a moment, relative to
// the others. Two waves that begin at their height let the lead change every
// few minutes, because what they add up to swings about zero; a surge lifts one
// subject for half a minute.
func (r rhythm) favour(at float64, i, n int) float64 {
	turn := 2 * math.Pi * float64(i) / float64(n)
	x := r.sign * (0.35*math.Cos(2*math.Pi*at/420+turn) + 0.25*math.Cos(2*math.Pi*at/97+turn))
	if height, subject := r.wave(at, n); height > 0 && subject == i {
		x += surgePull * height
	}
	return math.Exp(x)
}
