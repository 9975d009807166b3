package sentiment

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// walkContrast is the reference's _but_check, step by step, on a list.
func walkContrast(valences []float64, but int) {
	for i := range valences {
		v := valences[i]
		switch first := slices.Index(valences, v); {
		case first < but:
			valences[first] = v * 0.5
		case first > but:
			valences[first] = v * 1.5
		}
	}
}

func TestContrastChangesThePlacesThatTheReferenceChanges(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	// Values that halving and adding half turn into one another collide most.
	values := []float64{0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, -1, -2, -4}
	for range 20_000 {
		valences := make([]float64, 1+random.IntN(2*usualWords))
		for i := range valences {
			valences[i] = values[random.IntN(len(values))]
		}
		but := random.IntN(len(valences))
		valences[but] = 0
		got, long, want := slices.Clone(valences), slices.Clone(valences), slices.Clone(valences)
		weighContrast(got, but)
		weighLongContrast(long, but)
		walkContrast(want, but)
		if !slices.Equal(got, want) || !slices.Equal(long, want) {
			t.Fatalf("%v with but at %d\n got %v\nlong %v\nwant %v", valences, but, got, long, want)
		}
	}
}

func TestAWordHalvedToTheNextOnesValueIsHalvedAgain(t *testing.T) {
	t.Parallel()
	valences := []float64{2, 1, 0}
	weighContrast(valences, 2)
	if want := []float64{0.5, 1, 0}; !slices.Equal(valences, want) {
		t.Errorf("got %v, want %v", valences, want)
	}
}
