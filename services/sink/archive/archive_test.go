package archive

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestEveryOffsetIsInTheArchiveOnceAlsoAfterRestarts(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	store := newStore(t)
	for _, format := range []archived.Format{archived.Zstd, archived.Gzip, archived.Zstd} { // of both formats side by side
		produce(t, kafka, 200)
		cfg := every(17)
		cfg.Format = format
		stop := start(t, kafka, store, cfg)
		awaitCommitted(t, kafka)
		stop()
		store.check(t, kafka)
	}
}

func TestAStopArchivesWhatIsOpen(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	store := newStore(t)
	produce(t, kafka, 50)
	process := quiet(t)
	stop := startIn(t, process, kafka, store, Config{Rotation: never})
	await(t, "all records are in open objects", func(*kadm.Client) bool {
		return gauge(t, process, "catsvdogs_sink_archive_open_records") == 100
	}, kafka)
	if names := store.names(t, ""); len(names) != 0 {
		t.Fatalf("%v were put before the stop", names)
	}
	stop()
	store.check(t, kafka)
}

func TestAStopWhileTheStoreIsAwayLosesNothing(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	store := newStore(t)
	store.fail(1<<30, errors.New("the store is away"))
	produce(t, kafka, 25)
	process := quiet(t)
	stop := startIn(t, process, kafka, store, every(10))
	await(t, "a put fails", func(*kadm.Client) bool { return gauge(t, process, "catsvdogs_sink_archive_puts_failed_total") > 0 }, kafka)
	stop()
	store.fail(0, nil)
	stop = start(t, kafka, store, every(10))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
}

func TestOwnersThatChangeLeaveNoGapAndNoDouble(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 4)
	store := newStore(t)
	first, second := every(7), every(7)
	second.Format, second.Tables = archived.Gzip, true // while a new configuration is rolled out
	produce(t, kafka, 150)
	stopFirst := start(t, kafka, store, first)
	awaitCommitted(t, kafka)
	stopSecond := start(t, kafka, store, second)
	for range 5 {
		produce(t, kafka, 100)
	}
	awaitCommitted(t, kafka)
	stopFirst()
	produce(t, kafka, 100)
	awaitCommitted(t, kafka)
	stopSecond()
	store.check(t, kafka)
}

func TestAStoreThatFailsHoldsTheArchiveUpAndLosesNothing(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	store := newStore(t)
	store.fail(3, errors.New("no space left"))
	store.lost = 2
	produce(t, kafka, 60)
	stop := start(t, kafka, store, every(10))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
	if store.failures != 0 || store.lost != 0 {
		t.Errorf("%d failures and %d lost answers did not happen", store.failures, store.lost)
	}
}

func TestADeletionIsOnTheListLongBeforeItsObjectIsFull(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	store := newStore(t)
	cfg := Config{Rotation: never}
	cfg.Rotation.Idle = 2 * time.Second
	produce(t, kafka, 10)
	stop := start(t, kafka, store, cfg)
	deadline := time.After(30 * time.Second)
	for len(store.suppressed(t, topic.Enriched)) == 0 {
		produce(t, kafka, 1) // the topics are never idle
		select {
		case <-deadline:
			t.Fatal("nothing is on the list")
		case <-time.After(50 * time.Millisecond):
		}
	}
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
}

func TestWhatKafkaHasDroppedBeforeItWasArchivedShowsAsAGap(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	store := newStore(t)
	produce(t, kafka, 50)
	stop := start(t, kafka, store, every(100))
	awaitCommitted(t, kafka)
	stop()
	produce(t, kafka, 50)
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	drop := kadm.Offsets{}
	drop.AddOffset(topic.Raw, 0, 70, -1)
	if _, err := admin.DeleteRecords(t.Context(), drop); err != nil {
		t.Fatal(err)
	}
	process := quiet(t)
	stop = startIn(t, process, kafka, store, every(100))
	awaitCommitted(t, kafka)
	stop()
	var starts []int64
	err := store.read.Objects(t.Context(), topic.Raw, func(o archived.Listed) error {
		content, err := store.read.Lines(t.Context(), o.Object, func([]byte) error { return nil })
		starts = append(starts, content.Range.Start)
		return err
	})
	if err != nil || len(starts) != 2 || starts[0] != 0 || starts[1] != 70 {
		t.Errorf("objects cover from %v on, %v; want 0 and 70", starts, err)
	}
	if got := gauge(t, process, "catsvdogs_sink_archive_lost_offsets_total"); got != 20 {
		t.Errorf("%v offsets count as lost, want 20", got)
	}
}

// A partition to which nothing comes until Kafka has dropped all of it ends with the marker of a transaction.
func TestAMarkerThatKafkaHasDroppedIsNoGap(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	store := newStore(t)
	produce(t, kafka, 50)
	stop := start(t, kafka, store, every(1000))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	ends, err := admin.ListEndOffsets(t.Context(), topic.Raw, topic.Enriched)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil {
		t.Fatal(err)
	}
	produce(t, kafka, 50)
	process := quiet(t)
	stop = startIn(t, process, kafka, store, every(1000))
	awaitCommitted(t, kafka)
	stop()
	if lines := len(store.lines(t, topic.Raw)) + len(store.lines(t, topic.Enriched)); lines != 200 {
		t.Errorf("%d lines, want 200", lines)
	}
	if got := gauge(t, process, "catsvdogs_sink_archive_lost_offsets_total"); got != 0 {
		t.Errorf("%v offsets count as lost", got)
	}
}

// A former owner had announced a range that ends with a marker. The new one finds that end, where nothing comes behind it.
func TestAnAnnouncedRangeMayEndWithAMarker(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	produce(t, kafka, 20)
	store := newStore(t)
	records := kafkatest.Read(t, kafka, topic.Enriched, 20)
	announced := objectOf(t, 0, records, archived.Zstd)
	announced.reach.Last++
	i := intent{Object: announced.Name(), Start: 0, Last: announced.reach.Last}
	commitAs(t, kafka, topic.Enriched, 0, i.String())
	stop := start(t, kafka, store, every(20))
	await(t, "the announced range and the other topic are archived", func(admin *kadm.Client) bool {
		offsets, err := admin.FetchOffsets(t.Context(), group)
		o, _ := offsets.Lookup(topic.Enriched, 0)
		other, _ := offsets.Lookup(topic.Raw, 0)
		return err == nil && o.At == announced.reach.Last+1 && o.Metadata == "" && other.At >= 20
	}, kafka)
	stop()
	store.check(t, kafka)
}

// A bucket that outlives its Kafka: offsets begin anew, and nothing of the new log may be taken for archived.
func TestAnObjectOfAnotherLogHoldsTheArchiveUp(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	produce(t, kafka, 20)
	store := newStore(t)
	log := kafkatest.Read(t, kafka, topic.Raw, 20)
	for _, r := range log[:5] {
		r.Timestamp = r.Timestamp.Add(-time.Second)
	}
	foreign := objectOf(t, 0, log[:5], archived.Zstd)
	if err := ownerOf(t, store).store(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	process := quiet(t)
	stop := startIn(t, process, kafka, store, every(100))
	await(t, "the archive says why it does not go on", func(*kadm.Client) bool {
		return strings.Contains(process.Unready()["archive"], errForeign.Error())
	}, kafka)
	offsets, err := kadm.NewClient(kafkatest.Client(t, kafka)).FetchOffsets(t.Context(), group)
	if o, ok := offsets.Lookup(topic.Raw, 0); err != nil || ok && o.At != 0 {
		t.Errorf("the offset is %d, %v", o.At, err)
	}
	stop()
}
