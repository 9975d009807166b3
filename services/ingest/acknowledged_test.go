package ingest

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/tweet"
)

// One broker takes any of them alike, so what is asked for has to be looked at.
func TestAWriteAsksForTheAcknowledgementOfAllReplicas(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, 1)
	var asked, other atomic.Int32
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		asked.Add(1)
		if r.(*kmsg.ProduceRequest).Acks != -1 {
			other.Add(1)
		}
		return nil, nil, false
	})
	out := newOutput(t.Context(), cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {})
	q := quietQueue(minBufferBytes)
	q.put(t.Context(), tweet.Raw{Key: []byte("1"), Value: []byte("{}")})
	if _, err := out.next(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if asked.Load() == 0 || other.Load() != 0 {
		t.Errorf("%d of %d writes ask for less", other.Load(), asked.Load())
	}
	if err := out.close(); err != nil {
		t.Error(err)
	}
}

func TestNothingIsAcknowledgedThatTheBrokerHasNotTaken(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, 1)
	var down atomic.Bool
	down.Store(true)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("cut"), down.Load()
	})
	ctx, stop := context.WithCancel(t.Context())
	out := newOutput(t.Context(), cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(reason string) {
		if reason != "" {
			stop() // at the first failure
		}
	})
	q := quietQueue(minBufferBytes)
	put := func(n int) {
		for i := range n {
			q.put(t.Context(), record(i))
		}
	}
	put(3)
	if unwritten, err := out.next(ctx, q); unwritten != 3 || !errors.Is(err, context.Canceled) {
		t.Fatalf("%d are not written, %v", unwritten, err)
	}
	if n := out.acknowledged.Load(); n != 0 {
		t.Errorf("%d records are acknowledged by a broker that is down", n)
	}
	down.Store(false)
	put(2)
	if _, err := out.next(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if n := out.acknowledged.Load(); n != 2 {
		t.Errorf("%d of 2 records are acknowledged", n)
	}
	if err := out.close(); err != nil {
		t.Error(err)
	}
}
