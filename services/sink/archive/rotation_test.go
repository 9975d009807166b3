package archive

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/kafkatest"
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
		return gauge(t, process, "catsvdogs_sink_archive_open_records") > 0 && len(store.names(t, "")) >= 12
	}, kafka)
	if held := gauge(t, process, "catsvdogs_sink_archive_open_bytes"); held > float64(cfg.Rotation.Memory) {
		t.Errorf("%v bytes are open", held)
	}
	stop()
	store.check(t, kafka)
}
