package redrive

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestARunThatFailsInTheMiddleIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(commits int, r *kmsg.EndTxnRequest) (kmsg.Response, error, bool){
		// What was written is aborted by the next run or by the timeout.
		"the commit is refused": func(commits int, r *kmsg.EndTxnRequest) (kmsg.Response, error, bool) {
			if commits != 2 {
				return nil, nil, false
			}
			answer := r.ResponseKind().(*kmsg.EndTxnResponse)
			answer.ErrorCode = kerr.InvalidTxnState.Code
			return answer, nil, true
		},
		"it is fenced": func(commits int, r *kmsg.EndTxnRequest) (kmsg.Response, error, bool) {
			if commits != 2 {
				return nil, nil, false
			}
			answer := r.ResponseKind().(*kmsg.EndTxnResponse)
			answer.ErrorCode = kerr.ProducerFenced.Code
			return answer, nil, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, kafka := kafkatest.Start(t, 3)
			all := letters(1700, 3)
			bury(t, kafka, all...)
			commits := 0
			cluster.ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
				cluster.KeepControl()
				r := req.(*kmsg.EndTxnRequest)
				if r.Commit {
					commits++
				}
				return fault(commits, r)
			})
			first, err := redrive(t.Context(), t, kafka, nil)
			if err == nil || first.total().back != batchRecords {
				t.Fatalf("the fault did not happen: %v, %+v", err, first.total())
			}
			first.says(t, "not put back, because it ended before: 500")
			first.says(t, "not read to the end")
			second := mustRedrive(t, kafka, nil)
			if want := (row{letters: 1700, selected: 1700, already: 500, back: 1200}); second.total() != want {
				t.Errorf("the next run counts %+v, want %+v", second.total(), want)
			}
			checkBack(t, kafka, topic.Raw, origins(all)...)
		})
	}
}

func TestAStopLosesNothingAndTheNextRunGoesOn(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 2)
	all := letters(900, 2)
	bury(t, kafka, all...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cluster.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		stop()
		return nil, nil, false
	})
	first, err := redrive(ctx, t, kafka, nil)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "start it again") || first.total().back != batchRecords {
		t.Fatalf("got %v, %+v", err, first.total())
	}
	if second := mustRedrive(t, kafka, nil); second.total() != (row{letters: 900, selected: 900, already: 500, back: 400}) {
		t.Errorf("the next run counts %+v", second.total())
	}
	checkBack(t, kafka, topic.Raw, origins(all)...)
}

func TestOfTwoRunsTheLaterTakesOverAndNothingGoesBackTwice(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 3)
	all := letters(600, 3)
	bury(t, kafka, all...)
	committing := make(chan struct{}, 1)
	cluster.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		select {
		case committing <- struct{}{}:
		default: // the cluster must not wait
		}
		return nil, nil, false
	})
	type outcome struct {
		printed
		err error
	}
	earlier := make(chan outcome, 1)
	go func() {
		p, err := redrive(t.Context(), t, kafka, func(c *Config) { c.Rate = 10 })
		earlier <- outcome{p, err}
	}()
	<-committing
	later := mustRedrive(t, kafka, nil)
	first := <-earlier
	if !errors.Is(first.err, ErrFenced) || !strings.Contains(first.err.Error(), "another redrive was started") {
		t.Errorf("the earlier run ends with %v", first.err)
	}
	if n := first.total().back; n == 0 || later.total() != (row{letters: 600, selected: 600, already: n, back: 600 - n}) {
		t.Errorf("the earlier run counts %+v, the later %+v", first.total(), later.total())
	}
	checkBack(t, kafka, topic.Raw, origins(all)...)
}

func TestAnOpenTransactionHidesNoResolution(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 1)
	all := letters(2, 1)
	bury(t, kafka, all[0])
	open := kafkatest.Client(t, kafka, kgo.TransactionalID("somebody"), kgo.DefaultProduceTopic(topic.DeadLetter))
	if err := open.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	again := delivery.DeadLetter(all[1].origin, delivery.StageEnricher, &delivery.Refusal{Reason: "internal"})
	if err := open.ProduceSync(t.Context(), again).FirstErr(); err != nil {
		t.Fatal(err)
	}
	// Committed, and behind the last stable offset.
	write(t, kafka, delivery.Resolution(kafkatest.ReadAll(t, kafka, topic.DeadLetter)[0], noon))

	var asked atomic.Int32
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		asked.Add(1)
		return nil, nil, false
	})
	done := make(chan printed, 1)
	go func() {
		p, err := redrive(t.Context(), t, kafka, nil)
		if err != nil {
			t.Error(err)
		}
		done <- p
	}()
	deadline := time.After(30 * time.Second)
	for asked.Load() < 2 {
		select {
		case p := <-done:
			t.Fatalf("it did not wait for the transaction: %+v", p.total())
		case <-deadline:
			t.Fatal("it reads nothing")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := open.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if p := <-done; p.total() != (row{letters: 2, selected: 2, already: 1, back: 1}) {
		t.Errorf("it counts %+v", p.total())
	}
	checkBack(t, kafka, topic.Raw, all[1].origin)
}

func TestAbortedDeadLettersAndResolutionsDoNotCount(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	all := letters(3, 1)
	bury(t, kafka, all[0])
	aborted := kafkatest.Client(t, kafka, kgo.TransactionalID("somebody"), kgo.DefaultProduceTopic(topic.DeadLetter))
	if err := aborted.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	never := delivery.DeadLetter(all[1].origin, delivery.StageEnricher, &delivery.Refusal{Reason: "internal"})
	resolution := delivery.Resolution(kafkatest.ReadAll(t, kafka, topic.DeadLetter)[0], noon)
	if err := aborted.ProduceSync(t.Context(), never, resolution).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := aborted.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	if p := mustRedrive(t, kafka, nil); p.total() != (row{letters: 1, selected: 1, back: 1}) {
		t.Errorf("it counts %+v", p.total())
	}
	checkBack(t, kafka, topic.Raw, all[0].origin)
}
