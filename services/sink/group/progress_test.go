package group

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Records of some partitions, with offsets left out as after compaction, are done in a random order, some of them twice.
// After each step what may be committed is what a look at all records says.
func TestOnlyARunWithoutAGapMayBeCommitted(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		freed := 0
		p := newProgress(func(*kgo.Record) { freed++ })
		next := make([]int64, 3)
		var log, open []*Record
		finished := map[*Record]bool{}
		want := map[int32]kgo.EpochOffset{}
		for range 400 {
			if random.IntN(2) == 0 {
				var polled []*kgo.Record
				for range random.IntN(5) {
					n := random.IntN(len(next))
					next[n] += 1 + int64(random.IntN(3))
					polled = append(polled, &kgo.Record{Topic: "t", Partition: int32(n), Offset: next[n], LeaderEpoch: 7})
				}
				taken := p.take(polled)
				log, open = append(log, taken...), append(open, taken...)
			} else if len(open) > 0 {
				i := random.IntN(len(open))
				open[i].Done()
				if random.IntN(4) == 0 {
					open[i].Done()
				}
				finished[open[i]] = true
				open[i] = open[len(open)-1]
				open = open[:len(open)-1]
			}
			for n := range next {
				for _, r := range log {
					if int(r.Partition) != n {
						continue
					}
					if !finished[r] {
						break
					}
					want[int32(n)] = kgo.EpochOffset{Epoch: 7, Offset: r.Offset + 1}
				}
			}
			got := p.uncommitted()["t"]
			if got == nil {
				got = map[int32]kgo.EpochOffset{}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
		if freed != len(finished) {
			t.Errorf("%d records are freed, %d are done", freed, len(finished))
		}
	}
}

func TestWhatIsDoneAfterAPartitionWasLostMovesNothing(t *testing.T) {
	t.Parallel()
	p := newProgress(func(*kgo.Record) {})
	before := p.take(recordsOf(0, 10))
	p.drop(map[string][]int32{"t": {0}})
	after := p.take(recordsOf(0, 3)) // it has come back, from the committed offset
	for _, r := range before {
		r.Done()
	}
	if got := p.uncommitted(); len(got) != 0 {
		t.Errorf("%v may be committed, and nothing of this life is done", got)
	}
	after[0].Done()
	if got := p.uncommitted()["t"][0].Offset; got != 1 {
		t.Errorf("%d may be committed, want 1", got)
	}
}

func TestWhatIsCommittedIsNotCommittedAgainAndWhatMovedMeanwhileIs(t *testing.T) {
	t.Parallel()
	p := newProgress(func(*kgo.Record) {})
	taken := p.take(recordsOf(0, 3))
	taken[0].Done()
	first := p.uncommitted()
	taken[1].Done()
	p.committed(first)
	if got := p.uncommitted()["t"][0].Offset; got != 2 {
		t.Errorf("%d is to be committed, want 2", got)
	}
	p.committed(p.uncommitted())
	if got := p.uncommitted(); len(got) != 0 {
		t.Errorf("%v is to be committed again", got)
	}
}

func TestOneWaitsUntilNothingIsInHandOrForAsLongAsItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProgress(func(*kgo.Record) {})
		mine, other := p.take(recordsOf(0, 2)), p.take(recordsOf(1, 1))
		which := map[string][]int32{"t": {0, 5}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if p.await(ctx, which) {
			t.Error("it waits for nothing")
		}
		var waiting sync.WaitGroup
		waited := false
		waiting.Go(func() { waited = p.await(t.Context(), which) })
		synctest.Wait()
		mine[1].Done()
		mine[0].Done()
		waiting.Wait()
		if !waited || !p.await(t.Context(), which) {
			t.Error("it does not see that nothing is in hand")
		}
		other[0].Done()
	})
}

// What waits for somebody to open an index again would hold up the whole group at each change of owner.
func TestNobodyWaitsForWhatIsPutAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProgress(func(*kgo.Record) {})
		rs := p.take(recordsOf(0, 3))
		which := map[string][]int32{"t": {0}}
		rs[0].Aside(true)
		rs[0].Aside(true)
		rs[1].Aside(true)
		waited := make(chan bool, 1)
		await := func() { waited <- p.await(t.Context(), which) }
		go await()
		synctest.Wait()
		rs[0].Aside(false)
		rs[2].Done()
		synctest.Wait()
		if len(waited) != 0 {
			t.Fatal("it does not wait for a record that is not aside any more")
		}
		rs[0].Done()
		synctest.Wait()
		if len(waited) != 1 || !<-waited {
			t.Error("it waits for a record that is put aside")
		}
		rs[1].Done()
		rs[1].Aside(true) // late
		if ctx, cancel := context.WithTimeout(t.Context(), time.Second); !p.await(ctx, which) {
			t.Error("it waits for nothing")
			cancel()
		} else {
			cancel()
		}
		if at := p.uncommitted()["t"][0].Offset; at != 3 {
			t.Errorf("offset %d is safe, want 3", at)
		}
	})
}

// recordsOf returns the first n records of a partition.
func recordsOf(partition int32, n int) []*kgo.Record {
	var records []*kgo.Record
	for i := range n {
		records = append(records, &kgo.Record{Topic: "t", Partition: partition, Offset: int64(i), Key: fmt.Append(nil, i)})
	}
	return records
}
