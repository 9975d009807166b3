package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/suppression"
)

// The crash points of the protocol, by the state in which each leaves Kafka and the store: the intent is there, and of what
// it names so much. The successor has another configuration, which must make no difference.
func TestAfterACrashTheAnnouncedRangeIsTheNextObject(t *testing.T) {
	t.Parallel()
	for _, format := range []archived.Format{archived.Zstd, archived.Gzip} {
		for point, done := range []string{"intent", "parts of the object", "object", "list", "parts of the table", "table"} {
			t.Run(string(format)+" after the "+done, func(t *testing.T) {
				t.Parallel()
				_, kafka := kafkatest.Start(t, 1)
				produce(t, kafka, 60)
				records := kafkatest.Read(t, kafka, topic.Enriched, 60)
				store := newStore(t)
				former := ownerOf(t, store)

				// The former owner had announced records 10 to 24; those before were archived.
				before := objectOf(t, 0, records[:10], format)
				before.table = true
				if err := former.store(t.Context(), before); err != nil {
					t.Fatal(err)
				}
				start := records[9].Offset + 1
				announced := objectOf(t, start, records[10:25], format)
				announced.table = true
				i := intent{Object: announced.Name(), Start: start, Last: announced.reach.Last, Table: true}
				commitAs(t, kafka, topic.Enriched, start, i.String())
				crash(t, former, announced, point)

				cfg := every(4) // it would cut objects elsewhere, but for the intent
				if format == archived.Zstd {
					cfg.Format = archived.Gzip
				}
				stop := startIn(t, quiet(t), kafka, store, cfg)
				awaitCommitted(t, kafka)
				stop()
				store.check(t, kafka)
				want := make([]byte, announced.body.size)
				if _, err := announced.body.ReadAt(want, 0); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(store.content(t, announced.Name()), want) {
					t.Error("the announced object is not the one that was announced")
				}
				if tables := store.names(t, archived.ParquetRoot); len(tables) != 2 {
					t.Errorf("the tables are %v", tables)
				}
				// A former owner that was only paused wakes up and puts everything late.
				if err := former.store(t.Context(), announced); err != nil {
					t.Errorf("the late puts give %v", err)
				}
				if left := leftovers(t, store); len(left) != 0 {
					t.Errorf("parts are left of %v", left)
				}
				store.check(t, kafka)
			})
		}
	}
}

// The two points at which nothing is announced: before the intent is committed, and after the offset behind the object is.
// What the former owner had in memory is gone, and where its object would have ended binds nobody.
func TestACrashBeforeTheIntentOrAfterTheOffsetLeavesNothingToBeDone(t *testing.T) {
	t.Parallel()
	for point, objects := range map[string]int{"before the intent": 1, "after the offset": 2} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			_, kafka := kafkatest.Start(t, 1)
			produce(t, kafka, 60)
			records := kafkatest.Read(t, kafka, topic.Enriched, 60)
			store := newStore(t)
			former := ownerOf(t, store)
			start := int64(0)
			for _, of := range [][]*kgo.Record{records[:10], records[10:25]}[:objects] {
				object := objectOf(t, start, of, archived.Zstd)
				if err := former.store(t.Context(), object); err != nil {
					t.Fatal(err)
				}
				start = object.reach.Last + 1
			}
			commitAs(t, kafka, topic.Enriched, start, "")
			stop := startIn(t, quiet(t), kafka, store, every(4))
			awaitCommitted(t, kafka)
			stop()
			store.check(t, kafka)
		})
	}
}

// crash does as much of step 2 as the point says.
func crash(t *testing.T, a *archiver, c *closedObject, point int) {
	t.Helper()
	some := make([]byte, 2000)
	partly := func(name string) {
		ctx, kill := context.WithCancel(t.Context())
		defer kill()
		w := a.bucket.NewWriter(ctx, name, bucket.Options{OnlyNew: true})
		if _, err := w.Write(some); err != nil {
			t.Fatal(err)
		}
	}
	list, table := c.deletions, c.table
	c.deletions, c.table = nil, false
	if point == 1 {
		partly(c.Name())
	}
	if point >= 3 {
		c.deletions = list
	}
	if point == 5 {
		c.table = true
	}
	if point >= 2 {
		if err := a.store(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if point == 4 {
		partly(c.ParquetName())
	}
	c.deletions, c.table = list, table
}

func leftovers(t *testing.T, s *store) []string {
	t.Helper()
	var left []string
	for info := range s.client.ListIncompleteUploads(t.Context(), s.name, "", true) {
		if info.Err != nil {
			t.Fatal(info.Err)
		}
		left = append(left, info.Key)
	}
	return left
}

// ownerOf is an archiver without a connection, for what it does with a store.
func ownerOf(t *testing.T, s Store) *archiver {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: quiet(t)}.Join("former")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStage)
	return newArchiver(Config{}, s, tel, newMetrics(tel.Registerer))
}

// Two owners at once put what one intent names, each in parts.
func TestTwoOwnersAtOnceComeToOneObject(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	produce(t, kafka, 40)
	records := kafkatest.Read(t, kafka, topic.Enriched, 40)
	store := newStore(t)
	done := make(chan error, 4)
	for range cap(done) {
		a, c := ownerOf(t, store), objectOf(t, 0, records, archived.Zstd)
		c.table = true
		go func() { done <- a.store(t.Context(), c) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if lines := store.lines(t, topic.Enriched); len(lines) != 40 {
		t.Errorf("%d records are in the archive", len(lines))
	}
	if left := leftovers(t, store); len(left) != 0 {
		t.Errorf("parts are left of %v", left)
	}
}

func TestAnAnnouncedRangeThatHasLeftKafkaIsLost(t *testing.T) {
	t.Parallel()
	records := make([]*kgo.Record, 30)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic.Raw, Offset: int64(i), Value: []byte("{}")}
	}
	m := &memory{packers: packers{}}
	p := &partition{topicPartition: topicPartition{topic.Raw, 0}, start: 5, commit: 5, after: 5, next: 5}
	p.intent = &announced{intent: intent{Object: "x", Start: 5, Last: 9}}
	how := packing{format: archived.Zstd, rotation: never}
	for _, r := range records[20:] {
		if closed, err := p.add(r, 20, m, how); len(closed) > 0 || err != nil {
			t.Fatalf("%v, %v", closed, err)
		}
	}
	c, err := p.close(reasonStop, how)
	if err != nil {
		t.Fatal(err)
	}
	if c.reach.Start != 20 || p.lost != 15 || c.after != 5 {
		t.Errorf("the next object covers from %d on, %d offsets count as lost, it follows %d", c.reach.Start, p.lost, c.after)
	}
}

func TestAnObjectThatDoesNotFollowTheCommittedOffsetIsNotAnnounced(t *testing.T) {
	t.Parallel()
	p := &partition{topicPartition: topicPartition{topic.Raw, 0}, commit: 10}
	a := &archiver{assignment: assignment{owned: map[topicPartition]*partition{p.topicPartition: p}}}
	c := &closedObject{partition: p, after: 20, object: &object{}}
	_, err := a.commit(t.Context(), c, c.after, "intent")
	if err == nil || !strings.Contains(err.Error(), "committed offset 10") {
		t.Errorf("got %v", err)
	}
}

func TestMetadataThatIsNoIntentIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	for _, metadata := range []string{"", `{"other":"program"}`} {
		if i, err := parseIntent(metadata); i != nil || err != nil {
			t.Errorf("%q gives %v, %v", metadata, i, err)
		}
	}
	for _, metadata := range []string{"{", `{"object":"tweets.raw/x.zst","last":3}`} {
		if _, err := parseIntent(metadata); err == nil {
			t.Errorf("the broken intent %q is passed over", metadata)
		}
	}
	want := intent{Object: "tweets.raw/dt=2026-06-03/hour=10/tweets.raw-3-00000000000000000012.ndjson.gz", Start: 11, Last: 19, Table: true}
	if got, err := parseIntent(want.String()); err != nil || got.intent != want || got.object.Format != archived.Gzip {
		t.Errorf("%v, %v", got, err)
	}
}

// A deletion must be on the list before its offset moves: the list fails, nothing else does.
func TestAnOffsetDoesNotMoveBeforeItsDeletionIsListed(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	produce(t, kafka, 20)
	store := &listless{store: newStore(t)}
	process := quiet(t)
	stop := startIn(t, process, kafka, store, every(100))
	await(t, "a list is refused", func(*kadm.Client) bool { return gauge(t, process, "catsvdogs_sink_archive_puts_failed_total") > 0 }, kafka)
	stop()
	if n := len(store.names(t, topic.Enriched+"/")); n != 1 {
		t.Fatalf("%d objects of the topic were put", n)
	}
	stop = start(t, kafka, store.store, every(100))
	awaitCommitted(t, kafka)
	stop()
	store.check(t, kafka)
	if len(store.suppressed(t, topic.Enriched)) == 0 {
		t.Error("nothing was deleted")
	}
}

type listless struct{ *store }

func (l *listless) Put(ctx context.Context, name string, body io.ReaderAt, size int64, o bucket.Options) error {
	if o.ContentType == suppression.ContentType {
		return errors.New("no lists today")
	}
	return l.store.Put(ctx, name, body, size, o)
}
