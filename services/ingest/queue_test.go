package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/pipeline/tweet"
)

func record(n int) tweet.Raw { return tweet.Raw{Value: fmt.Appendf(nil, "%488d", n)} } // 1,000 bytes as counted

// quietQueue is one without a disk that tells nobody anything.
func quietQueue(bytes int64) *queue {
	return newQueue(Config{BufferBytes: bytes}, nil, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), nil)
}

func TestAFullBufferHoldsTheReaderBackUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := quietQueue(3000)
		waits := func() float64 { return testutil.ToFloat64(q.metrics.waiting) }
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := range 5 {
				q.put(t.Context(), record(n))
			}
		}()
		synctest.Wait()
		if size := testutil.ToFloat64(q.metrics.buffered); waits() != 1 || size != 3000 || len(q.memory.waiting()) != 3 {
			t.Errorf("%v wait, %v bytes, %d records", waits(), size, len(q.memory.waiting()))
		}
		first, err := q.take(t.Context(), 1, 1<<20)
		synctest.Wait()
		if left := len(q.memory.waiting()); err != nil || len(first) != 1 || left != 3 || waits() != 1 {
			t.Errorf("took %d (%v), then %d records and %v waits", len(first), err, left, waits())
		}
		q.done(1)
		rest, err := q.take(t.Context(), 100, 1<<20)
		<-done
		if err != nil || len(rest) != 3 || waits() != 0 || string(rest[0].Value) != string(record(1).Value) {
			t.Errorf("took %d (%v), %v waits", len(rest), err, waits())
		}
	})
}

func TestAStopDoesNotLoseTheRecordInHand(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q := quietQueue(1000)
	q.put(ctx, record(0))
	q.put(ctx, record(1))
	q.close()
	if got, err := q.take(t.Context(), 100, 1<<20); err != nil || len(got) != 2 {
		t.Errorf("took %d, %v", len(got), err)
	}
	if _, err := q.take(t.Context(), 100, 1<<20); !errors.Is(err, io.EOF) {
		t.Errorf("after the last one comes %v", err)
	}
}

func TestTakesAreBoundedAndInOrder(t *testing.T) {
	t.Parallel()
	q := quietQueue(1 << 30)
	const n = 1000
	for i := range n {
		q.put(t.Context(), record(i))
	}
	q.put(t.Context(), tweet.Raw{Value: make([]byte, 50_000)}) // larger than a take, must pass alone
	q.close()
	next := 0
	for {
		got, err := q.take(t.Context(), 7, 4500)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(got) == 0 || len(got) > 4 {
			t.Fatalf("took %d, %v", len(got), err)
		}
		for _, r := range got {
			if next < n && string(r.Value) != string(record(next).Value) {
				t.Fatalf("record %d is %s", next, r.Value)
			}
			next++
		}
		q.done(len(got))
	}
	if next != n+1 || q.memory.bytes != 0 {
		t.Errorf("%d records came out, %d bytes are left", next, q.memory.bytes)
	}
}

func TestATakeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("time is up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := quietQueue(1000).take(ctx, 1, 1); !errors.Is(err, cause) {
		t.Errorf("ended with %v", err)
	}
}
