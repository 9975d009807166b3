package promotion

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTheNewestEntriesOfAKeyAreFoundFirst(t *testing.T) {
	t.Parallel()
	x := newIndex(100)
	for place := range uint32(12) {
		x.add(7, place)
	}
	if got := x.find([]uint32{99}, 7, 3); !slices.Equal(got, []uint32{99, 11, 10, 9}) {
		t.Errorf("%v", got)
	}
}

// Where the ring is as full as it gets, nearly all of it is found, and what is found in vain stays little.
func TestAnIndexOfAFullRingFindsNearlyAllAndLittleElse(t *testing.T) {
	t.Parallel()
	for _, entries := range []int{1, 2, 100, 4096, 100_000} {
		rng := rand.New(rand.NewPCG(1, uint64(entries)))
		x := newIndex(entries)
		keys := make([]uint32, entries)
		for i := range 3 * entries {
			keys[i%entries] = rng.Uint32()
			x.add(keys[i%entries], uint32(i%entries))
		}
		missed, others := 0, 0
		for place, key := range keys {
			found := x.find(nil, key, slots)
			if at := slices.Index(found, uint32(place)); at < 0 {
				missed++
			} else {
				found = slices.Delete(found, at, at+1)
			}
			others += len(found)
		}
		if missed*500 > entries || others > entries/10+slots {
			t.Errorf("of %d entries %d are not found, and %d in vain", entries, missed, others)
		}
	}
}
