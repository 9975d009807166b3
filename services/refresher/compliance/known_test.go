package compliance

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAnObjectHoldsIsRememberedAsFarAsThereIsRoom(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var ids []uint64
	for range 1000 {
		ids = append(ids, rng.Uint64())
	}
	ids = append(ids, ids[7], 0, 1<<64-1)
	want := slices.Compact(slices.Sorted(slices.Values(ids)))
	k := NewKnown(12_000)
	k.add("first", ids)
	k.add("empty", nil)
	k.add("too large", slices.Clone(ids))
	var got []uint64
	if !k.ids("first", func(id uint64) { got = append(got, id) }) {
		t.Fatal("nothing is remembered")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !k.ids("empty", func(uint64) { t.Error("an object without posts has one") }) {
		t.Error("an object without posts is forgotten")
	}
	if k.ids("too large", func(uint64) {}) || k.bytes > k.most {
		t.Errorf("%d bytes of %d are taken", k.bytes, k.most)
	}
	var none *Known
	none.add("first", ids)
	if none.ids("first", func(uint64) {}) {
		t.Error("nobody remembers")
	}
}
