package sentiment

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestRoundingIsHalfToEvenOnTheExactValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x        float64
		decimals int
		want     float64
	}{
		{0.0625, 3, 0.062}, {0.1875, 3, 0.188}, {0.0005, 3, 0.001}, {0.0015, 3, 0.002}, {0.0025, 3, 0.003},
		{0.00005, 4, 0.0001}, {-0.0625, 3, -0.062}, {0.40625, 4, 0.4062}, {1, 3, 1}, {0, 4, 0}, {-1, 4, -1},
	} {
		if got := round(c.x, c.decimals); got != c.want {
			t.Errorf("round(%v, %d) = %v, want %v", c.x, c.decimals, got, c.want)
		}
	}
}

func TestRoundingAgreesWithTheDecimalExpansion(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		x := 2*random.Float64() - 1
		if random.IntN(2) == 0 { // a tie, or its neighbour
			x = (float64(random.IntN(20_000)-10_000) + 0.5) / 10_000
		}
		want, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 4, 64), 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := round(x, 4); got != want {
			t.Fatalf("round(%v, 4) = %v, want %v", x, got, want)
		}
	}
}

func TestRoundingNeverGivesMinusZero(t *testing.T) {
	t.Parallel()
	for _, x := range []float64{-0.00001, -0.00005, math.Copysign(0, -1), -1e-300} {
		if got := round(x, 4); got == 0 && math.Signbit(got) {
			t.Errorf("round(%v, 4) is -0", x)
		}
	}
}
