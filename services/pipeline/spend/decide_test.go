package spend

import (
	"testing"
	"time"
)

func TestTheShareIsTheLargestThatLastsToTheEndOfEachPeriod(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	left := func(dollars float64, in time.Duration) Allowance { return Allowance{dollars, in} }
	hourly := func(dollars float64) float64 { return dollars / 3600 }
	for name, c := range map[string]struct {
		s    Situation
		want int
	}{
		"no budget":                                {Situation{FullRate: 1000, InForce: 100, Sampling: true}, 100},
		"it lasts":                                 {Situation{Left: []Allowance{left(10, 10*hour)}, FullRate: hourly(1), InForce: 100, Sampling: true}, 100},
		"it lasts for half of them":                {Situation{Left: []Allowance{left(10, 10*hour)}, FullRate: hourly(1.01), InForce: 100, Sampling: true}, 50},
		"for a tenth":                              {Situation{Left: []Allowance{left(10, 10*hour)}, FullRate: hourly(9), InForce: 100, Sampling: true}, 10},
		"not even for one in a hundred":            {Situation{Left: []Allowance{left(1, 10*hour)}, FullRate: hourly(1000), InForce: 100, Sampling: true}, 1},
		"the tighter budget counts":                {Situation{Left: []Allowance{left(10, 10*hour), left(10, 100*hour)}, FullRate: hourly(1), InForce: 100, Sampling: true}, 10},
		"one that is used up":                      {Situation{Left: []Allowance{left(10, 10*hour), left(0, 100*hour)}, FullRate: hourly(1), InForce: 100, Sampling: true}, 0},
		"used up, without sampling":                {Situation{Left: []Allowance{left(-1, hour)}, InForce: 100}, 0},
		"without sampling all is read":             {Situation{Left: []Allowance{left(1, 10*hour)}, FullRate: hourly(1000), InForce: 100}, 100},
		"a rate that is not known changes nothing": {Situation{Left: []Allowance{left(10, hour)}, InForce: 25, Sampling: true}, 25},
		"nor does it after a pause":                {Situation{Left: []Allowance{left(10, hour)}, InForce: 0, Sampling: true}, 1},
		"up again with headroom":                   {Situation{Left: []Allowance{left(10, 10*hour)}, FullRate: hourly(0.8), InForce: 50, Sampling: true}, 100},
		"not up again without":                     {Situation{Left: []Allowance{left(10, 10*hour)}, FullRate: hourly(0.9), InForce: 50, Sampling: true}, 50},
		"the last moment of a period":              {Situation{Left: []Allowance{left(10, 0)}, FullRate: hourly(1), InForce: 100, Sampling: true}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Decide(c.s); got != c.want {
				t.Errorf("%d %%, want %d %%", got, c.want)
			}
		})
	}
}
