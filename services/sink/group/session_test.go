package group

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// shelf is a Store that keeps records until it is told to finish them.
type shelf struct {
	mu       sync.Mutex
	member   *Member
	kept     []*Record
	seen     map[string]int     // times that a record came, by key
	finishes bool               // each record at once
	keep     func(*Record) bool // nevertheless; nil for none
}

func newShelf() *shelf { return &shelf{seen: map[string]int{}} }

func (s *shelf) Prepare(context.Context, *kgo.Client) error { return nil }

func (s *shelf) Serve(ctx context.Context, m *Member, batches <-chan []*Record) error {
	s.mu.Lock()
	s.member = m
	s.mu.Unlock()
	for batch := range batches {
		s.mu.Lock()
		for _, r := range batch {
			s.seen[string(r.Key)]++
			if s.finishes && (s.keep == nil || !s.keep(r)) {
				r.Done()
			} else {
				s.kept = append(s.kept, r)
			}
		}
		s.mu.Unlock()
	}
	return context.Cause(ctx)
}

// finish finishes what which says of what is kept; nil is all, and all that comes from now on.
func (s *shelf) finish(which func(*Record) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []*Record
	for _, r := range s.kept {
		if which == nil || which(r) {
			r.Done()
		} else {
			left = append(left, r)
		}
	}
	s.kept, s.finishes = left, which == nil
}

func (s *shelf) count() (keys, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.seen {
		times += n
	}
	return len(s.seen), times
}

func TestRecordsThatAreDoneOutOfOrderAreCommittedUpToTheFirstGap(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	produce(t, kafka, 100, 10)
	s := newShelf()
	m := start(t, kafka, s, 1<<20)
	eventually(t, "all records come", func() bool { keys, _ := s.count(); return keys == 100 })
	s.finish(func(r *Record) bool { return r.Offset != 40 })
	eventually(t, "the run before the gap is committed", func() bool { return committed(t, kafka) == 40 })
	m.commit(t)
	if got := committed(t, kafka); got != 40 {
		t.Errorf("%d is committed, and record 40 is not done", got)
	}
	s.finish(nil)
	eventually(t, "all is committed", func() bool { return committed(t, kafka) == 100 })
	m.stop(t)
}

func TestMemoryIsBoundedWhileNothingGetsDoneAndReadingGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	const memory, size, n = 2 << 20, 8 << 10, 4000 // a bound of two megabytes, a backlog of 32
	_, kafka := kafkatest.Start(t, 4)
	produce(t, kafka, n, size)
	s := newShelf()
	m := start(t, kafka, s, memory)
	eventually(t, "the bound is reached", func() bool { return m.held() >= memory })
	for range 20 { // it stays
		m.commit(t)
		if got, most := m.held(), float64(memory+pollRecords*(size+2*broker.Footprint(new(kgo.Record)))); got > most {
			t.Fatalf("%v bytes are held, want at most %v", got, most)
		}
	}
	if keys, _ := s.count(); keys == n {
		t.Error("everything was read, so nothing was bounded")
	}
	s.finish(nil)
	eventually(t, "all is committed", func() bool { return committed(t, kafka) == n })
	if got := m.held(); got != 0 {
		t.Errorf("%v bytes are held of nothing", got)
	}
	m.stop(t)
}

func TestWhileItIsHeldNothingIsReadAndTheMemberStaysInTheGroup(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 4)
	produce(t, kafka, 10, 10)
	s := newShelf()
	m := start(t, kafka, s, 1<<20)
	eventually(t, "records come", func() bool { keys, _ := s.count(); return keys == 10 })
	s.finish(nil)
	s.member.Hold(true)
	produce(t, kafka, 1, 10) // the poll that is under way may take this
	eventually(t, "the partitions are paused", func() bool { return testutil.ToFloat64(m.metrics.paused) == 1 })
	produce(t, kafka, 100, 20)
	other := newShelf()
	other.finish(nil)
	second := start(t, kafka, other, 1<<20) // a rebalance is what a member that is gone would not take part in
	eventually(t, "the second has its share", func() bool { keys, _ := other.count(); return keys > 0 })
	if keys, _ := s.count(); keys > 11 {
		t.Errorf("%d records came, want the 11 before", keys)
	}
	s.member.Hold(false)
	eventually(t, "all is committed", func() bool { return committed(t, kafka) == 111 })
	second.stop(t)
	m.stop(t)
}

func TestPartitionsAreGivenAwayWhenWhatIsInHandIsDoneAndNothingIsReadTwice(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 4)
	produce(t, kafka, 200, 10)
	first, second := newShelf(), newShelf()
	second.finish(nil)
	a := start(t, kafka, first, 1<<20)
	eventually(t, "all records come", func() bool { keys, _ := first.count(); return keys == 200 })
	b := start(t, kafka, second, 1<<20)
	eventually(t, "the first is asked for partitions", func() bool { return first.member.progress.waited() })
	if keys, _ := second.count(); keys != 0 {
		t.Error("partitions went away with records in hand")
	}
	first.finish(nil)
	eventually(t, "all is committed", func() bool { return committed(t, kafka) == 200 })
	produce(t, kafka, 100, 20)
	eventually(t, "what came later is committed", func() bool { return committed(t, kafka) == 300 })
	b.stop(t)
	a.stop(t)
	keys, times := first.count()
	others, othersTimes := second.count()
	if keys+others != 300 || times+othersTimes != 300 {
		t.Errorf("of 300 records %d were read, %d times", keys+others, times+othersTimes)
	}
	if others == 0 {
		t.Error("the second member got nothing")
	}
}

// waited says whether somebody waits until nothing is in hand.
func (p *progress) waited() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.owned {
		if w.waiting != nil {
			return true
		}
	}
	return false
}

// running is a session in the background.
type running struct {
	metrics *Metrics
	store   *shelf
	stop    func(t *testing.T)
}

func (r running) held() float64 { return testutil.ToFloat64(r.metrics.held) }

// commit commits now.
func (r running) commit(t *testing.T) {
	r.store.mu.Lock()
	m := r.store.member
	r.store.mu.Unlock()
	m.commit(t.Context())
}

func start(t *testing.T, kafka broker.Config, s *shelf, memory int) running {
	t.Helper()
	process := telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))
	tel, closeStage, err := telemetry.Config{Process: process}.Join("test")
	if err != nil {
		t.Fatal(err)
	}
	r := running{metrics: NewMetrics(prometheus.NewRegistry(), "test"), store: s}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Session(ctx, Config{Kafka: kafka, Group: "group", Topic: topic.Enriched, Memory: memory, Metrics: r.metrics}, tel, s)
	}()
	r.stop = func(t *testing.T) {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeStage()
	}
	return r
}

// produce writes n records of this many bytes, with keys that no other record has.
func produce(t *testing.T, kafka broker.Config, n, size int) {
	t.Helper()
	cl := kafkatest.Client(t, kafka, kgo.DefaultProduceTopic(topic.Enriched))
	var records []*kgo.Record
	for i := range n {
		records = append(records, &kgo.Record{Key: fmt.Appendf(nil, "%d-%d-%d", size, i, time.Now().UnixNano()), Value: bytes.Repeat([]byte{'x'}, size)})
	}
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// committed is how many records are before the group's offsets.
func committed(t *testing.T, kafka broker.Config) (done int64) {
	t.Helper()
	if offsets, err := kadm.NewClient(kafkatest.Client(t, kafka)).FetchOffsets(t.Context(), "group"); err == nil {
		offsets.Each(func(o kadm.OffsetResponse) { done += max(o.At, 0) })
	}
	return done
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("it does not happen that %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
