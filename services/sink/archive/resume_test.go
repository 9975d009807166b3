package archive

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// dropBefore makes Kafka drop what lies before an offset.
func dropBefore(t *testing.T, cfg broker.Config, topicName string, offset int64) {
	t.Helper()
	drop := kadm.Offsets{}
	drop.AddOffset(topicName, 0, offset, -1)
	if _, err := kadm.NewClient(kafkatest.Client(t, cfg)).DeleteRecords(t.Context(), drop); err != nil {
		t.Fatal(err)
	}
}

// ranges are those of a topic's objects, in the order of their names.
func (s *store) ranges(t *testing.T, topicName string) (ranges []archived.Range) {
	t.Helper()
	err := s.read.Objects(t.Context(), topicName, func(o archived.Listed) error {
		content, err := s.read.Lines(t.Context(), o.Object, func([]byte) error { return nil })
		ranges = append(ranges, content.Range)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ranges
}

// An announced range was not put, and meanwhile Kafka has dropped some of it, or all.
func TestWhatKafkaHasDroppedOfAnAnnouncedRangeIsToldAndNotClaimed(t *testing.T) {
	t.Parallel()
	for _, start := range []int64{25, 45} {
		_, kafka := kafkatest.Start(t, 1)
		produce(t, kafka, 60)
		store := newStore(t)
		records := kafkatest.Read(t, kafka, topic.Raw, 60)
		announced := objectOf(t, 0, records[:40], archived.Zstd)
		i := intent{Object: announced.Name(), Start: 0, Last: announced.reach.Last}
		commitAs(t, kafka, topic.Raw, 0, i.String())
		dropBefore(t, kafka, topic.Raw, start)
		process := quiet(t)
		stop := startIn(t, process, kafka, store, every(1000))
		awaitCommitted(t, kafka)
		// The former owner wakes up: what it had in memory is either there now or not needed any more.
		if err := ownerOf(t, store).store(t.Context(), announced); err != nil {
			t.Errorf("the late put gives %v", err)
		}
		stop()
		got := store.ranges(t, topic.Raw)
		first := got[0]
		if start > 40 { // the late put has brought back what Kafka had lost
			if len(got) != 2 || first.Start != 0 || first.Records != 40 {
				t.Errorf("dropped before %d: the objects cover %+v", start, got)
			}
			first = got[1]
		}
		if first.Start != start || first.Records != int(max(40, 60*(start/45))-start) {
			t.Errorf("dropped before %d: the objects cover %+v", start, got)
		}
		if lost := gauge(t, process, "catsvdogs_sink_archive_lost_offsets_total"); lost != float64(start) {
			t.Errorf("%v offsets count as lost, want %d", lost, start)
		}
	}
}

// An announced object was put, and its list and its table were not. Kafka has dropped its records.
func TestWhatFollowsFromAnAnnouncedObjectDoesNotNeedKafka(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	produce(t, kafka, 60)
	store := newStore(t)
	records := kafkatest.Read(t, kafka, topic.Enriched, 60)
	announced := objectOf(t, 0, records[:40], archived.Gzip)
	announced.table = true
	crash(t, ownerOf(t, store), announced, 2)
	i := intent{Object: announced.Name(), Start: 0, Last: announced.reach.Last, Table: true}
	commitAs(t, kafka, topic.Enriched, 0, i.String())
	dropBefore(t, kafka, topic.Enriched, records[50].Offset)
	process := quiet(t)
	stop := startIn(t, process, kafka, store, every(1000))
	awaitCommitted(t, kafka)
	stop()
	if string(store.content(t, announced.SuppressedName())) != string(announced.deletions) || len(announced.deletions) == 0 {
		t.Error("the list is not that of the object")
	}
	if tables := store.names(t, archived.ParquetRoot); len(tables) != 1 {
		t.Errorf("the tables are %v", tables)
	}
	if got := store.ranges(t, topic.Enriched); len(got) != 2 || got[0].Records != 40 || got[1].Start != records[50].Offset {
		t.Errorf("the objects cover %+v", got)
	}
	if lost := gauge(t, process, "catsvdogs_sink_archive_lost_offsets_total"); lost != float64(records[50].Offset-announced.reach.Last-1) {
		t.Errorf("%v offsets count as lost", lost)
	}
}

// Kafka forgets the offsets of a group that was away for a week; other objects than those that are there would be made.
func TestAGroupThatKafkaHasForgottenGoesOnBehindTheLastObject(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	store := newStore(t)
	produce(t, kafka, 60)
	stop := start(t, kafka, store, every(17))
	awaitCommitted(t, kafka)
	stop()
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	if _, err := admin.DeleteGroup(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	produce(t, kafka, 60)
	stop = start(t, kafka, store, every(13))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
}

// Objects of an earlier version say nothing of their range, or less.
func TestAGroupThatKafkaHasForgottenGoesOnBehindObjectsThatDoNotSayTheirRange(t *testing.T) {
	t.Parallel()
	for _, kept := range [][]string{nil, {"start-offset", "last-offset", "records"}} {
		_, kafka := kafkatest.Start(t, 1)
		store := newStore(t)
		produce(t, kafka, 60)
		stop := start(t, kafka, store, every(17))
		awaitCommitted(t, kafka)
		stop()
		before := map[string]bool{}
		for _, name := range append(store.names(t, topic.Raw+"/"), store.names(t, topic.Enriched+"/")...) {
			before[name] = true
			stat, err := store.Stat(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			metadata := map[string]string{}
			for _, m := range kept {
				metadata[m] = stat.Metadata[http.CanonicalHeaderKey(m)]
			}
			content := bytes.NewReader(store.content(t, name))
			if _, err := store.client.PutObject(t.Context(), store.name, name, content, content.Size(), minio.PutObjectOptions{UserMetadata: metadata}); err != nil {
				t.Fatal(err)
			}
		}
		admin := kadm.NewClient(kafkatest.Client(t, kafka))
		if _, err := admin.DeleteGroup(t.Context(), group); err != nil {
			t.Fatal(err)
		}
		produce(t, kafka, 60)
		stop = start(t, kafka, store, every(13))
		awaitCommitted(t, kafka)
		stop()
		for _, name := range []string{topic.Raw, topic.Enriched} {
			next := int64(0)
			for _, key := range store.names(t, name+"/") {
				o, ok := archived.ParseName(key)
				if !ok {
					t.Fatalf("%s is no object", key)
				}
				reach, err := ownerOf(t, store).rangeOf(t.Context(), o)
				if err != nil || reach.Start < next {
					t.Errorf("with %v: %s covers %+v after %d: %v", kept, key, reach, next, err)
				}
				if !before[key] && reach.Start != next {
					t.Errorf("with %v: %s begins at %d, want %d", kept, key, reach.Start, next)
				}
				next = reach.Last + 1
			}
			if log := kafkatest.ReadAll(t, kafka, name); next <= log[len(log)-1].Offset { // a marker may follow
				t.Errorf("with %v: %s is archived up to %d, and its last record has offset %d", kept, name, next, log[len(log)-1].Offset)
			}
		}
	}
}
