package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"catsvdogs/services/pipeline/tweet"
)

func record(n int) tweet.Raw { return tweet.Raw{Value: fmt.Appendf(nil, "%488d", n)} } // 1,000 bytes as counted

func TestAFullBufferHoldsTheReaderBackUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		waits, size := 0, int64(0)
		b := newBuffer(3000, func() func() { waits++; return func() { waits-- } }, func(n int64) { size = n })
		done := make(chan struct{})
		go func() {
			defer close(done)
			for n := range 5 {
				b.put(t.Context(), record(n))
			}
		}()
		synctest.Wait()
		if waits != 1 || size != 3000 || b.left() != 3 {
			t.Errorf("%d wait, %d bytes, %d records", waits, size, b.left())
		}
		first, err := b.take(t.Context(), 1, 1<<20)
		synctest.Wait()
		if err != nil || len(first) != 1 || b.left() != 3 || waits != 1 {
			t.Errorf("took %d (%v), then %d records and %d waits", len(first), err, b.left(), waits)
		}
		rest, err := b.take(t.Context(), 100, 1<<20)
		<-done
		if err != nil || len(rest) != 3 || waits != 0 || string(rest[0].Value) != string(record(1).Value) {
			t.Errorf("took %d (%v), %d waits", len(rest), err, waits)
		}
	})
}

func TestAStopDoesNotLoseTheRecordInHand(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := newBuffer(1000, func() func() { return func() {} }, func(int64) {})
	b.put(ctx, record(0))
	b.put(ctx, record(1))
	b.close()
	if got, err := b.take(t.Context(), 100, 1<<20); err != nil || len(got) != 2 {
		t.Errorf("took %d, %v", len(got), err)
	}
	if _, err := b.take(t.Context(), 100, 1<<20); !errors.Is(err, io.EOF) {
		t.Errorf("after the last one comes %v", err)
	}
}

func TestTakesAreBoundedAndInOrder(t *testing.T) {
	t.Parallel()
	b := newBuffer(1<<30, nil, func(int64) {})
	const n = 1000
	for i := range n {
		b.put(t.Context(), record(i))
	}
	b.put(t.Context(), tweet.Raw{Value: make([]byte, 50_000)}) // larger than a take, must pass alone
	b.close()
	next := 0
	for {
		got, err := b.take(t.Context(), 7, 4500)
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
	}
	if next != n+1 || b.bytes != 0 {
		t.Errorf("%d records came out, %d bytes are left", next, b.bytes)
	}
}

func TestATakeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("time is up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := newBuffer(1000, nil, nil).take(ctx, 1, 1); !errors.Is(err, cause) {
		t.Errorf("ended with %v", err)
	}
}
