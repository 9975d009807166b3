package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
)

// picky does not take the objects of one partition, or does not answer about them.
type picky struct {
	*store
	answers bool
	healed  atomic.Bool
}

func (s *picky) Put(ctx context.Context, name string, body io.ReaderAt, size int64, o bucket.Options) error {
	if !s.healed.Load() && strings.Contains(name, topic.Raw+"-0-") {
		if !s.answers {
			<-ctx.Done()
		}
		return errors.New("not this one")
	}
	return s.store.Put(ctx, name, body, size, o)
}

func TestAnObjectThatTheStoreDoesNotTakeHoldsUpItsOwnPartitionOnly(t *testing.T) {
	t.Parallel()
	for _, answers := range []bool{true, false} {
		t.Run(fmt.Sprint("the store answers ", answers), func(t *testing.T) {
			t.Parallel()
			_, kafka := kafkatest.Start(t, 3)
			store := &picky{store: newStore(t), answers: answers}
			process := quiet(t)
			stop := startIn(t, process, kafka, store, every(10))
			for range 3 {
				produce(t, kafka, 100)
				awaitCommittedBut(t, kafka, topicPartition{topic.Raw, 0})
			}
			if answers && process.Unready()["archive"] == "" {
				t.Error("it says that it is ready")
			}
			store.healed.Store(true)
			if answers {
				awaitCommitted(t, kafka)
				stop()
			} else {
				stop() // who does not answer is waited for until the stop's bound
				stop = start(t, kafka, store, every(10))
				awaitCommitted(t, kafka)
				stop()
			}
			store.check(t, kafka)
		})
	}
}

// awaitCommittedBut waits until the group has done every committed record of both topics but those of one partition.
func awaitCommittedBut(t *testing.T, cfg broker.Config, but topicPartition) {
	t.Helper()
	for _, name := range []string{topic.Raw, topic.Enriched} {
		last := lastRecords(t, cfg, name)
		await(t, fmt.Sprintf("the archive has done %s up to %v", name, last), func(admin *kadm.Client) bool {
			offsets, err := admin.FetchOffsets(t.Context(), group)
			if err != nil {
				return false
			}
			for p, offset := range last {
				if o, ok := offsets.Lookup(name, p); (topicPartition{name, p}) != but && (!ok || o.At <= offset) {
					return false
				}
			}
			return true
		}, cfg)
	}
}

func TestWhatIsFetchedWhileObjectsTakeMemory(t *testing.T) {
	t.Parallel()
	const bound = 3 * pageBytes
	// Of partition i: pages in the open object, whether that was announced, pages that wait, whether the store refuses them.
	type state struct {
		open    int
		adopted bool
		waiting []int
		failing bool
	}
	for name, c := range map[string]struct {
		states []state
		want   []bool // held back
	}{
		"nothing":                               {[]state{{}, {}}, []bool{false, false}},
		"within the bound":                      {[]state{{open: 1}, {open: 2}}, []bool{false, false}},
		"one on its way":                        {[]state{{waiting: []int{1}}, {}}, []bool{false, false}},
		"one behind it":                         {[]state{{waiting: []int{1, 1}}, {}}, []bool{true, false}},
		"one that the store refuses":            {[]state{{waiting: []int{1}, failing: true}, {}}, []bool{true, false}},
		"over the bound, room is made":          {[]state{{waiting: []int{3}}, {open: 1, adopted: true}}, []bool{true, true}},
		"several announced ranges":              {[]state{{open: 1, adopted: true}, {open: 3, adopted: true}, {}}, []bool{true, false, true}},
		"announced ranges and a refused object": {[]state{{waiting: []int{2}, failing: true}, {open: 2, adopted: true}}, []bool{true, false}},
		"the store refuses all":                 {[]state{{waiting: []int{2}, failing: true}, {waiting: []int{2}, failing: true}}, []bool{true, true}},
	} {
		m := &memory{}
		of := func(n int) *object {
			o := &object{body: pages{pool: &m.pages}}
			_, _ = o.body.Write(make([]byte, n*pageBytes))
			return o
		}
		a := &archiver{packing: packing{rotation: Rotation{Memory: bound}}, assignment: assignment{owned: map[topicPartition]*partition{}}}
		for i, s := range c.states {
			p := &partition{topicPartition: topicPartition{topic.Raw, int32(i)}, failing: s.failing}
			if s.open > 0 {
				p.open = of(s.open)
			}
			if s.adopted {
				p.intent = &announced{}
			}
			for _, n := range s.waiting {
				p.waiting = append(p.waiting, &closedObject{partition: p, object: of(n)})
			}
			a.owned[p.topicPartition] = p
		}
		hold, _ := a.holds()
		for i, want := range c.want {
			if got := hold[topicPartition{topic.Raw, int32(i)}]; got != want {
				t.Errorf("%s: partition %d is held back: %t", name, i, got)
			}
		}
	}
}

// A gigabyte of posts that repeat one word, which comes over the wire as some kilobytes.
func TestABacklogThatCompressesWellIsReadWithinTheBounds(t *testing.T) { //nolint:paralleltest // the heap is everybody's
	_, kafka := kafkatest.Start(t, 12)
	value := fmt.Appendf(nil, `{"text":"%s"}`, bytes.Repeat([]byte("cats "), 180_000))
	cl := kafkatest.Client(t, kafka, kgo.ProducerBatchMaxBytes(topic.MaxRecordBytes))
	for i := range 1200 {
		r := &kgo.Record{Topic: topic.Raw, Partition: int32(i % 12), Key: fmt.Append(nil, i), Value: value}
		cl.Produce(t.Context(), r, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	before, peak := heap(), int64(0)
	cfg := every(1000)
	process := quiet(t)
	stop := startIn(t, process, kafka, newStore(t), cfg)
	for deadline := time.Now().Add(90 * time.Second); gauge(t, process, "catsvdogs_sink_archive_records_total") < 1200; {
		peak = max(peak, heap()-before)
		if time.Now().After(deadline) {
			t.Fatal("waited in vain for 1,200 records")
		}
		<-time.After(5 * time.Millisecond)
	}
	stop()
	t.Logf("the heap has grown by %d MB at most", peak>>20)
	if bound := int64(4*aheadBytes + 12*archived.PackerBytes + 16*topic.MaxRecordBytes); peak > bound {
		t.Errorf("the heap has grown by %d, want at most %d", peak, bound)
	}
}
