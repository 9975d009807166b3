package archive

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

func TestARotationHasItsReason(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 3, 10, 59, 0, 0, time.UTC)
	r := Rotation{Bytes: 100, Records: 2, Age: time.Minute, Idle: 5 * time.Second}
	open := func(records int, bytes int) *object {
		o := &object{Object: archived.Object{Hour: now.Truncate(time.Hour)}, opened: now, reach: archived.Range{Records: records}}
		o.body.size = int64(bytes)
		return o
	}
	deleting := open(1, 0)
	deleting.deletedAt = now
	next := &kgo.Record{Timestamp: now}
	for _, c := range []struct{ want, got string }{
		{reasonHour, r.full(open(1, 0), &kgo.Record{Timestamp: now.Add(time.Minute)})},
		{reasonHour, r.full(open(1, 0), &kgo.Record{Timestamp: now.Add(-time.Hour)})},
		{reasonBytes, r.full(open(1, 100), next)},
		{reasonRecords, r.full(open(2, 0), next)},
		{reasonAge, r.due(open(1, 0), now.Add(time.Minute), now.Add(time.Minute))},
		{reasonIdle, r.due(open(1, 0), now.Add(6*time.Second), now)},
		{reasonDeletion, r.due(deleting, now.Add(5*time.Second), now.Add(5*time.Second))},
		{reasonBytes, r.due(open(1, 100), now, now)},
		{reasonRecords, r.due(open(2, 0), now, now)},
		{"", r.full(open(1, 99), next) + r.due(open(1, 99), now.Add(4*time.Second), now) + r.due(deleting, now.Add(4*time.Second), now.Add(4*time.Second))},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTheLogSaysWhyEachObjectWasClosed(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	hour := time.Date(2026, 6, 3, 11, 0, 0, 0, time.UTC)
	cl := kafkatest.Client(t, kafka)
	for _, at := range []time.Time{hour, hour, hour, hour, hour.Add(time.Hour)} {
		// Large ones, because the packer holds a block back that is not full.
		r := &kgo.Record{Topic: topic.Raw, Value: make([]byte, 200<<10), Timestamp: at}
		_, _ = rand.Read(r.Value)
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for reason, change := range map[string]func(*Rotation){
		reasonBytes:   func(r *Rotation) { r.Bytes = 1 },
		reasonMemory:  func(r *Rotation) { r.Memory = 1 },
		reasonRecords: func(r *Rotation) { r.Records = 3 },
		reasonHour:    func(*Rotation) {},
		reasonAge:     func(r *Rotation) { r.Age = 50 * time.Millisecond },
		reasonIdle:    func(r *Rotation) { r.Idle = 50 * time.Millisecond },
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			log := &logged{}
			cfg := Config{Rotation: never, Kafka: kafka, Group: "archive-" + reason}
			change(&cfg.Rotation)
			stop := startIn(t, telemetry.NewProcess(slog.New(slog.NewTextHandler(log, nil))), kafka, newStore(t), cfg)
			await(t, "an object that was closed by "+reason, func(*kadm.Client) bool {
				return strings.Contains(log.String(), "closed_by="+reason+"\n")
			}, kafka)
			stop()
		})
	}
}

// logged is a log that is read while it is written.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Records whose times go to and fro over an hour's end: each object is of one hour, whatever it takes.
func TestAnObjectNeverSpansAnHourAlsoWhenTimesGoBack(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	hour := time.Date(2026, 6, 3, 11, 0, 0, 0, time.UTC)
	cl := kafkatest.Client(t, kafka)
	for _, seconds := range []int{-2, -1, 1, -1, 2, 3, -3, 4} {
		r := &kgo.Record{Topic: topic.Raw, Value: []byte("{}"), Timestamp: hour.Add(time.Duration(seconds) * time.Second)}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	produceEnriched(t, kafka, 1)
	store := newStore(t)
	stop := start(t, kafka, store, every(1000))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
	if names := store.names(t, topic.Raw+"/"); len(names) != 6 {
		t.Errorf("the objects are %v", names)
	}
}

// The bound is worth as much as the counting: what objects say that they take is what the heap grows by.
func TestOpenObjectsTakeTheMemoryThatIsCounted(t *testing.T) { //nolint:paralleltest // the heap is everybody's
	heap := func() int {
		runtime.GC() // twice, because pools keep what they have over one
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	m := &memory{packers: packers{}}
	before, counted := heap(), 0
	var open []*object
	for i := range 12 {
		r := &kgo.Record{Topic: topic.Raw, Partition: int32(i), Key: []byte("1"), Headers: []kgo.RecordHeader{{Key: topic.HeaderKind, Value: []byte("delete")}}}
		o, err := m.open(archived.ObjectOf(r, archived.Zstd), 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			r.Value = fmt.Appendf(nil, `"%s"`, rand.Text()+rand.Text()+rand.Text()+rand.Text())
			if err := o.add(r); err != nil {
				t.Fatal(err)
			}
		}
		open = append(open, o)
	}
	grown := heap() - before
	for _, o := range open {
		counted += o.bytes()
	}
	if grown > counted*11/10 || grown < counted/2 {
		t.Errorf("%d bytes are counted, the heap has grown by %d", counted, grown)
	}
	t.Logf("%d bytes are counted, the heap has grown by %d", counted, grown)
	runtime.KeepAlive(open)
}

func TestAllOpenObjectsShareOneBoundOnMemory(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 8)
	produce(t, kafka, 400)
	store := newStore(t)
	process := quiet(t)
	cfg := Config{Rotation: never}
	cfg.Rotation.Memory = 4 * (archived.PackerBytes + pageBytes) // of sixteen partitions
	stop := startIn(t, process, kafka, store, cfg)
	await(t, "objects have been closed for their memory", func(*kadm.Client) bool {
		open, done := gauge(t, process, "catsvdogs_sink_archive_open_records"), gauge(t, process, "catsvdogs_sink_archive_records_total")
		return open > 0 && open+done >= 800 && len(store.names(t, "")) >= 12 // all records of both topics are in hand or done
	}, kafka)
	if held := gauge(t, process, "catsvdogs_sink_archive_open_bytes"); held > float64(cfg.Rotation.Memory+16*pageBytes) { // and what one poll brings
		t.Errorf("%v bytes are open", held)
	}
	stop()
	store.check(t, kafka)
}
