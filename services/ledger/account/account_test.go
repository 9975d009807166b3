package account

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// Whatever the order in which offsets are added, the set is that of a map.
func TestRangesAreTheSetOfWhatWasAdded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		var a, b Ranges
		inA, inB := map[int64]bool{}, map[int64]bool{}
		for range 60 {
			o := random.Int64N(40)
			if a.Add(o) == inA[o] {
				t.Fatalf("seed %d: adding %d says the wrong thing", seed, o)
			}
			inA[o] = true
			o = random.Int64N(40)
			b.Add(o)
			inB[o] = true
		}
		forgotten := random.Int64N(10)
		a.Forget(forgotten)
		for i := 1; i < len(a.Runs); i++ {
			if a.Runs[i].First <= a.Runs[i-1].Next {
				t.Fatalf("seed %d: runs touch: %v", seed, a.Runs)
			}
		}
		from, to := random.Int64N(40), random.Int64N(45)
		rest := map[int64]bool{}
		for _, run := range a.Without(&b, from, to) {
			for o := run.First; o < run.Next; o++ {
				rest[o] = true
			}
		}
		for o := range int64(45) {
			has := inA[o] && o >= forgotten
			if a.Has(o) != has {
				t.Fatalf("seed %d: has %d: %t", seed, o, a.Has(o))
			}
			if want := has && !inB[o] && o >= from && o < to; rest[o] != want {
				t.Fatalf("seed %d: without the others, %d from %d to %d: %t", seed, o, from, to, rest[o])
			}
		}
	}
}

// In whatever order a post's looks come, the index must have the newest.
func TestThePostMustStandAtItsNewestLookWhateverTheOrder(t *testing.T) {
	t.Parallel()
	everything := func(int32) int64 { return 1 << 40 }
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		var looks []Version
		for i := range int64(1 + random.IntN(5)) {
			v := Version{At: random.Int64N(4) + 1, Offset: i, Day: -1, Deleted: random.IntN(3) == 0}
			if !v.Deleted {
				v.Digest = Digest{1, byte(i)}
			}
			looks = append(looks, v)
		}
		newest := slices.MaxFunc(looks, func(a, b Version) int { return newer(&a, &b) })
		var s Posts
		for _, i := range random.Perm(len(looks)) {
			s.See("7", looks[i])
		}
		if ask, pending := s.Open(everything, everything); len(ask) != 1 || pending != 0 {
			t.Fatalf("seed %d: asked for %v, pending %d", seed, ask, pending)
		}
		right := Document{Index: "tweets-2026.06", At: newest.At, Deleted: newest.Deleted, Digest: newest.Digest}
		wrong := right
		switch random.IntN(3) {
		case 0:
			wrong.At--
		case 1:
			wrong.Deleted, wrong.Digest = !wrong.Deleted, Digest{9}
		case 2:
			wrong.At++
		}
		for round := range confirmed {
			s.Round = int64(round)
			s.Judge("7", []Document{wrong}) // twice in a round counts once
			pending, found := s.Judge("7", []Document{wrong})
			if first := round == 0; pending != first || (len(found) == 0) != first {
				t.Fatalf("seed %d, round %d: %+v of %+v: pending %t, found %v", seed, round, wrong, looks, pending, found)
			}
		}
		if pending, found := s.Judge("7", []Document{right}); pending || len(found) > 0 {
			t.Fatalf("seed %d: %+v of %+v: found %v", seed, right, looks, found)
		}
		if ask, _ := s.Open(everything, everything); len(ask) != 0 {
			t.Fatalf("seed %d: it is still open", seed)
		}
	}
}

func TestARecordWithoutAResultIsExcusedOnlyByCompaction(t *testing.T) {
	t.Parallel()
	never := func(int64, Open) bool { return false }
	var o Origins
	o.Begin(0, 0)
	for offset := range int64(4) {
		o.Record(0, offset, fmt.Sprint(offset), time.Time{})
	}
	o.Made(0, 0, Place{}, "0")
	o.Read(0, 4)
	if pending, found := o.Judge(0, 2, 4, never); pending != 3 || len(found) != 0 {
		t.Errorf("at first: %d are pending, found %v", pending, found)
	}
	if pending, found := o.Judge(0, 2, 4, never); pending != 2 || len(found) != 1 || found[0].Kind != EnrichGap || found[0].First != 1 {
		t.Errorf("then: %d are pending, found %v", pending, found)
	}
	if _, found := o.Judge(0, 2, 4, func(_ int64, of Open) bool { return of.Key == "1" }); len(found) != 0 || o.Compacted(0) != 1 {
		t.Errorf("excused: found %v, %d compacted", found, o.Compacted(0))
	}
	for offset := int64(2); offset < 4; offset++ {
		if found := o.Made(0, offset, Place{}, ""); len(found) != 0 {
			t.Errorf("found %v", found)
		}
	}
	if found := o.Made(0, 3, Place{}, "3"); len(found) != 1 || found[0].Kind != EnrichDouble {
		t.Errorf("made twice: %v", found)
	}
	if pending, found := o.Judge(0, 4, 4, never); pending != 0 || len(found) != 0 {
		t.Errorf("at the end: %d are pending, found %v", pending, found)
	}
}

func TestWhatIsForgottenLeavesMemoryAndWhatIsWrongStays(t *testing.T) {
	t.Parallel()
	everything := func(int32) int64 { return 1 << 40 }
	var s Posts
	for i := range 100 {
		s.See(fmt.Sprint(i), Version{At: 1, Offset: int64(i), Day: -1})
	}
	ask, _ := s.Open(everything, everything)
	for _, key := range ask {
		if key != "50" {
			s.Judge(key, []Document{{At: 1}})
		}
	}
	s.Forget(10)
	if s.Len() != 10 || !s.Known("50") || !s.Partial {
		t.Errorf("%d are remembered, partial %t", s.Len(), s.Partial)
	}
}

// What a post costs to remember that was judged, and so needs nothing any more.
func BenchmarkPosts(b *testing.B) {
	const remembered = 200_000
	everything := func(int32) int64 { return 1 << 40 }
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		var s Posts
		for i := range remembered {
			s.See(fmt.Sprintf("21250279002131%05d", i), Version{At: 1, Offset: int64(i), Day: -1})
			if i%1000 == 999 {
				ask, _ := s.Open(everything, everything)
				for _, key := range ask {
					s.Judge(key, []Document{{At: 1}})
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if s.Len() != remembered {
			b.Fatalf("%d are remembered", s.Len())
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/remembered, "B/post")
}

// A look that the index has refused is no fault of the index when its post comes again either.
func TestARefusedLookIsRefusedWhenItsPostIsJudgedAgain(t *testing.T) {
	t.Parallel()
	everything := func(int32) int64 { return 1 << 40 }
	var s Posts
	s.See("7", Version{At: 1, Offset: 1, Day: -1})
	s.See("7", Version{At: 2, Offset: 2, Day: -1})
	s.Refuse(0, 2)
	for range 3 {
		ask, _ := s.Open(everything, everything)
		if len(ask) != 1 {
			t.Fatalf("asked for %v", ask)
		}
		if pending, found := s.Judge("7", []Document{{At: 1}}); pending || len(found) > 0 {
			t.Fatalf("pending %t, found %v", pending, found)
		}
		if n := s.Again(5); n != 1 {
			t.Fatalf("%d are opened again", n)
		}
	}
}
