package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const group = "archive"

func TestEveryOffsetIsInTheArchiveOnceAlsoAfterRestarts(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 3)
	store := &memoryStore{}
	for range 3 {
		produce(t, cfg, 200)
		stop := start(t, cfg, store, Rotation{Bytes: 1 << 20, Memory: 1 << 20, Records: 17, Age: time.Minute, Idle: 200 * time.Millisecond})
		awaitCommitted(t, cfg)
		stop()
		store.check(t, cfg)
	}
}

func TestAStopArchivesWhatIsOpen(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 2)
	store := &memoryStore{}
	produce(t, cfg, 50)
	process := quiet(t)
	stop := startIn(t, process, cfg, store, never)
	await(t, "all records are in open objects", func(*kadm.Client) bool {
		return gauge(t, process, "catsvdogs_sink_archive_open_records") == 100
	}, cfg)
	if len(store.objects) != 0 {
		t.Fatal("objects were put before the stop")
	}
	stop()
	store.check(t, cfg)
}

func TestAStopWhileTheStoreIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 1)
	store := &memoryStore{}
	store.fail(1<<30, errors.New("the store is away"))
	produce(t, cfg, 25)
	process := quiet(t)
	stop := startIn(t, process, cfg, store, Rotation{Bytes: 1 << 30, Memory: 1 << 30, Records: 10, Age: time.Hour, Idle: time.Hour})
	await(t, "a put fails", func(*kadm.Client) bool { return gauge(t, process, "catsvdogs_sink_archive_puts_failed_total") > 0 }, cfg)
	stop()
	store.fail(0, nil)
	stop = start(t, cfg, store, Rotation{Bytes: 1 << 30, Memory: 1 << 30, Records: 10, Age: time.Hour, Idle: 100 * time.Millisecond})
	awaitCommitted(t, cfg)
	stop()
	store.check(t, cfg)
}

func TestAnObjectThatDoesNotFollowTheCommittedOffsetIsNotAnnounced(t *testing.T) {
	t.Parallel()
	p := &partition{topicPartition: topicPartition{topic.Raw, 0}, start: 20, commit: 10}
	a := &archiver{assignment: assignment{owned: map[topicPartition]*partition{p.topicPartition: p}}}
	c := &closedObject{partition: p, start: 20, object: &object{}}
	_, err := a.commit(t.Context(), []*closedObject{c}, func(c *closedObject) (int64, string) { return c.start, "intent" })
	if err == nil || !strings.Contains(err.Error(), "committed offset 10") {
		t.Errorf("got %v", err)
	}
}

// never rotates by itself.
var never = Rotation{Bytes: 1 << 30, Memory: 1 << 30, Records: 1 << 30, Age: time.Hour, Idle: time.Hour}

func TestOwnersThatChangeLeaveNoGapAndNoDouble(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 4)
	store := &memoryStore{}
	rotation := Rotation{Bytes: 1 << 20, Memory: 1 << 20, Records: 7, Age: time.Minute, Idle: 150 * time.Millisecond}
	produce(t, cfg, 150)
	stopFirst := start(t, cfg, store, rotation)
	awaitCommitted(t, cfg)
	stopSecond := start(t, cfg, store, rotation)
	for range 5 {
		produce(t, cfg, 100)
	}
	awaitCommitted(t, cfg)
	stopFirst()
	produce(t, cfg, 100)
	awaitCommitted(t, cfg)
	stopSecond()
	store.check(t, cfg)
}

// The crash points of the protocol, by the state in which each leaves Kafka and the store.
func TestAfterACrashTheAnnouncedRangeIsTheNextObject(t *testing.T) {
	t.Parallel()
	for name, objectIsThere := range map[string]bool{"between intent and put": false, "between put and commit": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, cfg := kafkatest.Start(t, 1)
			produce(t, cfg, 100)
			records := kafkatest.Read(t, cfg, topic.Raw, 50)
			store := &memoryStore{}

			// The former owner had announced records 10 to 24; those before were archived.
			archived, announced := objectOf(t, records[:10]), objectOf(t, records[10:25])
			store.put(t, archived)
			if objectIsThere {
				store.put(t, announced)
			}
			i := intent{Object: announced.name, Last: announced.last}
			commitAs(t, cfg, topic.Raw, records[10].Offset, i.String())

			// Its successor would cut objects elsewhere, but for the intent.
			stop := start(t, cfg, store, Rotation{Bytes: 1 << 20, Memory: 1 << 20, Records: 4, Age: time.Minute, Idle: 100 * time.Millisecond})
			awaitCommitted(t, cfg)
			stop()
			store.check(t, cfg)
			body, _ := announced.bytes()
			if !bytes.Equal(store.objects[announced.name], body) {
				t.Error("the announced object is not the one that was announced")
			}
			// A former owner that was only paused wakes up and puts its object late.
			if err := store.Put(t.Context(), announced); !errors.Is(err, errExists) {
				t.Errorf("the late put gives %v", err)
			}
		})
	}
}

func TestAStoreThatFailsHoldsTheArchiveUpAndLosesNothing(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 2)
	store := &memoryStore{}
	store.fail(3, errors.New("no space left"))
	store.loseAnswers(2)
	produce(t, cfg, 60)
	stop := start(t, cfg, store, Rotation{Bytes: 1 << 20, Memory: 1 << 20, Records: 10, Age: time.Minute, Idle: 100 * time.Millisecond})
	awaitCommitted(t, cfg)
	stop()
	store.check(t, cfg)
	if store.failures != 0 || store.lost != 0 {
		t.Errorf("%d failures and %d lost answers did not happen", store.failures, store.lost)
	}
}

func TestARotationHasItsReason(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 3, 10, 59, 0, 0, time.UTC)
	r := Rotation{Bytes: 100, Records: 2, Age: time.Minute, Idle: 5 * time.Second}
	open := func(records int, bytes int) *object {
		o := &object{hour: now.Truncate(time.Hour), opened: now, records: records}
		o.body.Write(make([]byte, bytes))
		return o
	}
	next := &kgo.Record{Timestamp: now}
	for want, got := range map[string]string{
		reasonHour:    r.full(open(1, 0), &kgo.Record{Timestamp: now.Add(time.Minute)}),
		reasonBytes:   r.full(open(1, 100), next),
		reasonRecords: r.full(open(2, 0), next),
		reasonAge:     r.due(open(1, 0), now.Add(time.Minute), now.Add(time.Minute)),
		reasonIdle:    r.due(open(1, 0), now.Add(6*time.Second), now),
		"":            r.full(open(1, 99), next) + r.due(open(1, 99), now.Add(4*time.Second), now),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMetadataThatIsNoIntentIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{"", `{"other":"program"}`} {
		if i, err := parseIntent(metadata); i != nil || err != nil {
			t.Errorf("%q gives %v, %v", metadata, i, err)
		}
	}
	if _, err := parseIntent("{"); err == nil {
		t.Error("a broken intent is passed over")
	}
	want := intent{Object: "tweets.raw/dt=2026-06-03/hour=10/x.ndjson.zst", Last: 9}
	if got, err := parseIntent(want.String()); err != nil || *got != want {
		t.Errorf("%v, %v", got, err)
	}
}

// memoryStore keeps objects as an S3 store with conditional writes does.
type memoryStore struct {
	mu       sync.Mutex
	objects  map[string][]byte
	failures int // puts that still fail
	failure  error
	lost     int // puts whose answer is still to be lost: the object is there, the client gets an error
}

func (s *memoryStore) fail(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures, s.failure = n, err
}

func (s *memoryStore) loseAnswers(n int) { s.lost = n }

func (s *memoryStore) Check(context.Context) error { return nil }

func (s *memoryStore) Put(_ context.Context, o *object) error {
	body, err := o.bytes()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures > 0 {
		s.failures--
		return s.failure
	}
	if s.objects == nil {
		s.objects = map[string][]byte{}
	}
	if _, there := s.objects[o.name]; there {
		return fmt.Errorf("put %s: %w", o.name, errExists)
	}
	s.objects[o.name] = bytes.Clone(body)
	if s.lost > 0 {
		s.lost--
		return errors.New("connection reset")
	}
	return nil
}

func (s *memoryStore) put(t *testing.T, o *object) {
	t.Helper()
	if err := s.Put(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// check holds the archive against the log: each committed record once, byte for byte, in objects that do not overlap.
func (s *memoryStore) check(t *testing.T, cfg broker.Config) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	type at struct {
		topic     string
		partition int32
		offset    int64
	}
	archived := map[at]string{}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		text, err := decoder.DecodeAll(s.objects[name], nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			r, err := ParseLine([]byte(line))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if i == 0 && name != objectName(r) {
				t.Errorf("%s starts with a record that makes it %s", name, objectName(r))
			}
			place := at{r.Topic, r.Partition, r.Offset}
			if _, twice := archived[place]; twice {
				t.Errorf("%v is archived twice", place)
			}
			archived[place] = string(r.Value)
		}
	}
	want := 0
	for _, name := range []string{topic.Raw, topic.Enriched} {
		for _, r := range kafkatest.ReadAll(t, cfg, name) {
			want++
			if got, ok := archived[at{r.Topic, r.Partition, r.Offset}]; !ok || got != string(r.Value) {
				t.Errorf("%s/%d@%d is %q in the archive, want %q", r.Topic, r.Partition, r.Offset, got, r.Value)
			}
		}
	}
	if len(archived) != want || want == 0 {
		t.Errorf("the archive has %d records, the topics have %d", len(archived), want)
	}
}

func quiet(t *testing.T) *telemetry.Process {
	return telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))
}

// gauge reads a metric that has no labels, gauge or counter.
func gauge(t *testing.T, process *telemetry.Process, name string) float64 {
	t.Helper()
	families, err := process.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return 0
}

func start(t *testing.T, kafka broker.Config, store Store, rotation Rotation) (stop func()) {
	t.Helper()
	return startIn(t, quiet(t), kafka, store, rotation)
}

func startIn(t *testing.T, process *telemetry.Process, kafka broker.Config, store Store, rotation Rotation) (stop func()) {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: process}.Join("archive")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, Config{Kafka: kafka, Group: group, Rotation: rotation}, store, tel) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		closeStage()
	}
}

// produce writes n records to tweets.raw, and n to tweets.enriched in a transaction after an aborted one.
func produce(t *testing.T, cfg broker.Config, n int) {
	t.Helper()
	cl := kafkatest.Client(t, cfg, kgo.TransactionalID("test"))
	plain := kafkatest.Client(t, cfg)
	records := func(topicName, value string) []*kgo.Record {
		out := make([]*kgo.Record, n)
		for i := range out {
			out[i] = &kgo.Record{Topic: topicName, Key: fmt.Append(nil, i), Value: fmt.Appendf(nil, value, i)}
		}
		return out
	}
	if err := plain.ProduceSync(t.Context(), records(topic.Raw, `{"n":%d}`)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for _, commit := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		// Flushed before the end, because an aborted transaction that never reached the broker tests nothing.
		if err := cl.ProduceSync(t.Context(), records(topic.Enriched, fmt.Sprintf(`{"commit":%t,"n":%%d}`, commit))...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := cl.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
}

// lastRecords is the offset of the last committed record of each partition that has one.
func lastRecords(t *testing.T, cfg broker.Config, name string) map[int32]int64 {
	t.Helper()
	last := map[int32]int64{}
	for _, r := range kafkatest.ReadAll(t, cfg, name) {
		last[r.Partition] = r.Offset
	}
	return last
}

// awaitCommitted waits until the group has done every committed record of both topics, and holds no intent.
func awaitCommitted(t *testing.T, cfg broker.Config) {
	t.Helper()
	want := map[string]map[int32]int64{topic.Raw: lastRecords(t, cfg, topic.Raw), topic.Enriched: lastRecords(t, cfg, topic.Enriched)}
	await(t, fmt.Sprintf("the archive has done %v", want), func(admin *kadm.Client) bool {
		offsets, err := admin.FetchOffsets(t.Context(), group)
		if err != nil {
			return false
		}
		for name, partitions := range want {
			for p, last := range partitions {
				if o, ok := offsets.Lookup(name, p); !ok || o.At <= last || o.Metadata != "" {
					return false
				}
			}
		}
		return true
	}, cfg)
}

func await(t *testing.T, what string, ok func(*kadm.Client) bool, cfg broker.Config) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, cfg))
	deadline := time.After(60 * time.Second)
	for !ok(admin) {
		select {
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func objectOf(t *testing.T, records []*kgo.Record) *object {
	t.Helper()
	o, err := newObject(records[0], time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := o.add(r); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// commitAs leaves an offset with metadata, as a former owner of the group did.
func commitAs(t *testing.T, cfg broker.Config, topicName string, offset int64, metadata string) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, cfg))
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: topicName, Partition: 0, At: offset, LeaderEpoch: -1, Metadata: metadata})
	resp, err := admin.CommitOffsets(t.Context(), group, offsets)
	if err == nil {
		err = resp.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}
