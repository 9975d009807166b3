package simulator

import (
	"fmt"
	"testing"
	"time"

	"catsvdogs/services/simulator/wire"
)

func TestOnlyWhatIsOldAcknowledgedAndReadIsSure(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	ago := func(seconds int) time.Time { return end.Add(-time.Duration(seconds) * time.Second) }
	batches := []batch{
		{n: 10, to: 1000, size: 900, at: ago(60)}, {n: 20, to: 2000, size: maxUnread, at: ago(30)},
		{n: 30, to: 3000, size: 900, at: ago(3)}, {n: 40, to: 4000, size: 900, at: ago(1)},
	}
	for _, c := range []struct {
		about        string
		batches      []batch
		acknowledged uint64
		unread       bool
		after        int64
		all          bool
	}{
		{"time alone", batches, 4000, false, 30, false},
		{"an unacknowledged batch", batches, 2999, false, 20, false},
		{"none acknowledged", batches, 0, false, 5, false},
		{"old and acknowledged", batches[:3], 4000, false, 30, true},
		{"something unread", batches, 4000, true, 10, false},
		{"nothing handed over", nil, 0, true, 0, true},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			last := &tail{batches: c.batches, before: 5, anything: len(c.batches) > 0, seen: position{acknowledged: c.acknowledged, known: true}}
			if last.batches == nil {
				last.before = 0
			}
			if after, all := last.sure(end, c.unread); after != c.after || all != c.all {
				t.Errorf("after %d, all %v; want %d, %v", after, all, c.after, c.all)
			}
		})
	}
}

func TestATailForgetsItsOldestBatchesAndKnowsUpToWhere(t *testing.T) {
	t.Parallel()
	last := &tail{}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for n := range int64(3 * maxTail) {
		last.handed(n+1, n+1, 1000, at)
	}
	if len(last.batches) > maxTail {
		t.Errorf("%d batches", len(last.batches))
	}
	if after, _ := last.sure(at, false); after != last.batches[0].n-1 {
		t.Errorf("sure up to %d, the oldest batch is %d", after, last.batches[0].n)
	}
}

func TestARingGivesOutTheLinesThatItHas(t *testing.T) {
	t.Parallel()
	ring := &truthRing{most: 7}
	for n := range int64(30) {
		if err := ring.put(n+1, []handover{{id: uint64(n + 1)}}); err != nil {
			t.Fatal(err)
		}
		for after := range n + 1 {
			rows, err := ring.rows(after, 5)
			if gone := after < n+1-7; gone != (err != nil) {
				t.Fatalf("of %d after %d: %v", n+1, after, err)
			}
			for i, row := range rows {
				if row.id != uint64(after)+1+uint64(i) {
					t.Fatalf("of %d after %d: row %d is %d", n+1, after, i, row.id)
				}
			}
			if err == nil && len(rows) != int(min(5, n+1-after)) {
				t.Fatalf("of %d after %d: %d rows", n+1, after, len(rows))
			}
		}
	}
}

func BenchmarkHandingOver(b *testing.B) {
	for _, kept := range []string{"nowhere", "in memory", "in a file"} {
		b.Run(fmt.Sprintf("truth %s", kept), func(b *testing.B) {
			path, remember := "", 0
			switch kept {
			case "in memory":
				remember = 200_000
			case "in a file":
				path = b.TempDir() + "/truth"
			}
			told, err := openTruth(path, remember)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = told.close() }()
			f, d := &feed{truth: told, now: wallClock}, newDelivery(newOutlet(nil, false), wire.Fields{})
			f.buf = append(f.buf, chunkHead...)
			for range 100 {
				f.buf = append(f.buf, make([]byte, 1500)...)
				f.endLine(line{id: 1, first: 1, at: wallClock()})
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := f.tell(d, f.lines); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/line")
		})
	}
}
