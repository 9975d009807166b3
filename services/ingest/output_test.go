package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestOnlyWhatFailedIsWrittenAgainInItsOrder(t *testing.T) {
	t.Parallel()
	messages := []kafka.Message{{Value: []byte("a")}, {Value: []byte("b")}, {Value: []byte("c")}}
	for name, c := range map[string]struct {
		err       error
		want      string
		permanent bool
	}{
		"nothing failed":         {nil, "", false},
		"a batch failed":         {kafka.WriteErrors{kafka.NotEnoughReplicas, nil, kafka.NotEnoughReplicas}, "ac", false},
		"no broker":              {errors.New("refused"), "abc", false},
		"a batch is too large":   {kafka.WriteErrors{nil, kafka.MessageSizeTooLarge, nil}, "b", true},
		"a message is too large": {kafka.MessageTooLargeError{}, "abc", true},
		"a wrapped verdict":      {fmt.Errorf("write: %w", kafka.WriteErrors{nil, nil, kafka.RequestTimedOut}), "c", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed, err := unwritten(messages, c.err)
			var got strings.Builder
			for _, m := range failed {
				got.Write(m.Value)
			}
			var permanent *backoff.PermanentError
			if got.String() != c.want || errors.As(err, &permanent) != c.permanent || (err == nil) != (c.want == "") {
				t.Errorf("to be written again: %q (%v), want %q", got.String(), err, c.want)
			}
		})
	}
}

func TestWhatWasReadWhileTheClockWasFastIsNotWrittenIntoTheFuture(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 1)
	out := newOutput(t.Context(), cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {})
	q := quietQueue(minBufferBytes)
	observed := time.Now().Add(21 * time.Hour).UTC()
	q.put(t.Context(), tweet.Raw{Value: []byte("{}"), ObservedAt: observed})
	q.close()
	if n, err := out.run(t.Context(), q); n != 0 || err != nil {
		t.Errorf("%d are not written: %v", n, err)
	}
	if err := out.close(); err != nil {
		t.Error(err)
	}
	r := kafkatest.Read(t, cfg, topic.Raw, 1)[0]
	if r.Timestamp.After(time.Now()) {
		t.Errorf("the record is of %s", r.Timestamp)
	}
	if got := broker.ObservedAt(r); !got.Equal(observed) {
		t.Errorf("it says that it was observed at %s instead of %s", got, observed)
	}
}

func TestOnlyWhatIsDatedIntoTheFutureIsDatedAnew(t *testing.T) {
	t.Parallel()
	now := time.Now()
	messages := []kafka.Message{{Time: now.Add(-time.Hour)}, {Time: now}, {Time: now.Add(time.Hour)}, {}}
	notAhead(messages, now)
	for i, want := range []time.Time{now.Add(-time.Hour), now, now, {}} {
		if !messages[i].Time.Equal(want) {
			t.Errorf("message %d is dated %s, want %s", i, messages[i].Time, want)
		}
	}
}

func TestAStopWithoutABrokerKnowsHowManyLinesAreLost(t *testing.T) {
	t.Parallel()
	stopped, stop := context.WithCancelCause(t.Context())
	out := newOutput(stopped, broker.Config{KafkaBrokers: []string{"127.0.0.1:1"}}, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {
		stop(errors.New("time is up")) // at the first failure
	})
	b := quietQueue(minBufferBytes)
	for range maxWriteRecords + 7 { // one write, and some that wait behind it
		b.put(t.Context(), tweet.Raw{Value: []byte("{}")})
	}
	b.close()
	unwritten, err := out.run(stopped, b)
	if lost := b.save(unwritten); lost != maxWriteRecords+7 || err == nil || !strings.Contains(err.Error(), "time is up") {
		t.Errorf("ended with %v and %d lost", err, lost)
	}
	if err := out.close(); err != nil {
		t.Error(err)
	}
}

func TestAStopDoesNotWaitForABrokerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, 1)
	asked, answer := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(answer) })
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(asked)
		<-answer
		return nil, nil, false
	})
	ctx, stop := context.WithCancel(t.Context())
	out := newOutput(ctx, cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {})
	go func() { <-asked; stop() }()
	lost, err := out.write(ctx, []kafka.Message{{Value: []byte("{}")}})
	if lost != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d lost, %v", lost, err)
	}
	began := time.Now()
	if err := out.close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 5*time.Second { // a batch's own deadline is 10 s
		t.Errorf("closing took %s", took)
	}
}

func TestARecordBecomesAMessageWithItsHeaders(t *testing.T) {
	t.Parallel()
	m := message(&tweet.Raw{Value: []byte("x"), Source: "x", Schema: tweet.SchemaX, Kind: tweet.KindStream, Truncated: &tweet.Truncation{Length: 2_000_000, SHA256: "ab"}})
	got := map[string]string{}
	for _, h := range m.Headers {
		got[h.Key] = string(h.Value)
	}
	want := map[string]string{
		"source": "x", "schema": "x.tweet.v2", "kind": "stream", "traceparent": "", "observed_at": "0001-01-01T00:00:00Z",
		"truncated_length": "2000000", "truncated_sha256": "ab",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if m.Key != nil {
		t.Errorf("a record without a key got %q", m.Key)
	}
}
