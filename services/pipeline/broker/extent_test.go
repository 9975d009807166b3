package broker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

const extentPartitions = 2

func write(t *testing.T, cfg broker.Config, records int, options ...kgo.Opt) {
	t.Helper()
	cl := kafkatest.Client(t, cfg, append([]kgo.Opt{kgo.DefaultProduceTopic(topic.Enriched), kgo.RecordPartitioner(kgo.ManualPartitioner())}, options...)...)
	for i := range records {
		r := &kgo.Record{Partition: int32(i % extentPartitions), Value: fmt.Append(nil, i)}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func reader(t *testing.T, cfg broker.Config) *kgo.Client {
	t.Helper()
	return kafkatest.Client(t, cfg, append(broker.ReadCommitted(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic.Enriched: {}}), kgo.KeepControlRecords())...)
}

func extent(t *testing.T, cl *kgo.Client, since time.Time) *broker.Extent {
	t.Helper()
	e, err := broker.FindExtent(t.Context(), cl, slog.New(slog.NewTextHandler(io.Discard, nil)), topic.Enriched, since)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func readPast(t *testing.T, cl *kgo.Client, e *broker.Extent) (records int) {
	t.Helper()
	cl.AddConsumePartitions(e.Offsets())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := e.Read(ctx, func(r *kgo.Record) {
		if !r.Attrs.IsControl() {
			records++
		}
	}); err != nil {
		t.Fatal(err)
	}
	return records
}

func TestThePastIsReadToItsEndHoweverLongTheBrokerIsSilent(t *testing.T) {
	t.Parallel()
	cluster, cfg := kafkatest.Start(t, extentPartitions)
	write(t, cfg, 10)
	silent := time.Now().Add(7 * time.Second) // much longer than it takes to ask whether there is anything
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		cluster.SleepControl(func() { <-time.After(time.Until(silent)) })
		return nil, nil, false
	})
	cl := reader(t, cfg)
	e := extent(t, cl, time.UnixMilli(0))
	if got := readPast(t, cl, e); got != 10 || time.Now().Before(silent) {
		t.Errorf("%d records of 10 were read", got)
	}
}

func TestOffsetsWithoutARecordEndThePast(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, extentPartitions)
	write(t, cfg, 4)
	cl := reader(t, cfg)
	e := extent(t, cl, time.UnixMilli(0))
	// All of it leaves the log before it is read, as retention takes it.
	past := kadm.Offsets{}
	for p := range int32(extentPartitions) {
		past.AddOffset(topic.Enriched, p, 2, -1)
	}
	if _, err := kadm.NewClient(kafkatest.Client(t, cfg)).DeleteRecords(t.Context(), past); err != nil {
		t.Fatal(err)
	}
	if got := readPast(t, cl, e); got != 0 || e.Left() != 0 || e.Percent() != 100 {
		t.Errorf("%d records, %d offsets left, %d percent", got, e.Left(), e.Percent())
	}
}

func TestAnOpenTransactionIsNoPartOfThePast(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, extentPartitions)
	write(t, cfg, 4)
	open := kafkatest.Client(t, cfg, kgo.DefaultProduceTopic(topic.Enriched), kgo.TransactionalID("open"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := open.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := open.ProduceSync(t.Context(), &kgo.Record{Value: []byte("open")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	cl := reader(t, cfg)
	e := extent(t, cl, time.UnixMilli(0))
	if got := readPast(t, cl, e); got != 4 {
		t.Errorf("%d records, want 4", got)
	}
	if err := open.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	e = extent(t, cl, time.UnixMilli(0))
	e.BeginAt(0, 2) // what was aborted, and its marker
	e.BeginAt(1, 99)
	if e.Left() != 2 {
		t.Fatalf("%d offsets left", e.Left())
	}
	again := reader(t, cfg)
	e = extent(t, again, time.UnixMilli(0))
	e.BeginAt(0, 2)
	e.BeginAt(1, 99)
	if got := readPast(t, again, e); got != 0 {
		t.Errorf("%d aborted records were read", got)
	}
}

func TestTheExtentFollowsTheLog(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, extentPartitions)
	write(t, cfg, 2)
	cl := reader(t, cfg)
	e := extent(t, cl, time.Now().Add(time.Hour))
	if e.Left() != 0 || e.Behind() != 0 || e.Partitions() != extentPartitions {
		t.Fatalf("of a time to come %d offsets are left, %d to be read", e.Left(), e.Behind())
	}
	if _, err := kadm.NewClient(kafkatest.Client(t, cfg)).CreatePartitions(t.Context(), 1, topic.Enriched); err != nil {
		t.Fatal(err)
	}
	write(t, cfg, 4)
	keeping, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { e.Keep(keeping); close(done) }()
	defer func() { stop(); <-done }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var added map[string]map[int32]kgo.Offset
	for e.Behind() != 4 || added == nil {
		if a := e.Added(); a != nil {
			added = a
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d offsets to be read, and %v added", e.Behind(), added)
		}
	}
	if len(added[topic.Enriched]) != 1 || e.Added() != nil || time.Since(e.Heard()) > time.Minute {
		t.Errorf("%v added, heard %s", added, e.Heard())
	}
}
