package compact

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/storetest"
	"catsvdogs/services/sink/archive/suppression"
	"catsvdogs/services/sink/archive/table"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// archive is an archive that tests fill by hand.
type archive struct {
	*Compactor
	client *minio.Client
	name   string
}

func start(t *testing.T) *archive {
	t.Helper()
	client, name := storetest.Start(t)
	partBytes := 256
	if storetest.IsReal() {
		partBytes = bucket.MinPartBytes
	}
	return &archive{
		Compactor: &Compactor{
			Bucket: bucket.New(client, name, partBytes), Archive: archived.NewBucket(client, name),
			Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		},
		client: client, name: name,
	}
}

// record is one of a post, observed so long after noon.
func record(topicName string, offset int64, key string, after time.Duration) *kgo.Record {
	return &kgo.Record{
		Topic: topicName, Partition: 1, Offset: offset, Timestamp: noon.Add(after), Key: []byte(key),
		Value:   fmt.Appendf(nil, `{"tweet_id":"%s","text":"secret %s %d"}`, key, key, offset),
		Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(noon.Add(after).Format(time.RFC3339Nano))}},
	}
}

func (a *archive) put(t *testing.T, f archived.Format, records ...*kgo.Record) archived.Object {
	t.Helper()
	var body bytes.Buffer
	packer, err := f.NewPacker(&body)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for _, r := range records {
		lines = append(lines, archived.AppendLine(nil, r))
	}
	if _, err := packer.Write(bytes.Join(lines, nil)); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	o := archived.ObjectOf(records[0], f)
	reach := archived.Range{Start: o.First, Last: records[len(records)-1].Offset, Records: len(records)}
	a.putBytes(t, o.Name(), body.Bytes(), reach.Metadata())
	if o.Topic != topic.Enriched {
		return o
	}
	var rows bytes.Buffer
	err = table.Write(&rows, func(each func([]byte) error) error {
		for _, line := range lines {
			if err := each(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a.putBytes(t, o.ParquetName(), rows.Bytes(), reach.Metadata())
	return o
}

func (a *archive) putBytes(t *testing.T, name string, content []byte, metadata map[string]string) {
	t.Helper()
	if err := a.Bucket.Put(t.Context(), name, bytes.NewReader(content), int64(len(content)), bucket.Options{Metadata: metadata, OnlyNew: true}); err != nil {
		t.Fatal(err)
	}
}

func (a *archive) delete(t *testing.T, offset int64, after time.Duration, keys ...string) {
	t.Helper()
	var list []byte
	for _, key := range keys {
		var err error
		e := suppression.Entry{Key: []byte(key), ObservedAt: noon.Add(after), Topic: topic.Enriched, Partition: 1, Offset: offset}
		if list, err = e.Append(list); err != nil {
			t.Fatal(err)
		}
	}
	o := archived.Object{Topic: topic.Enriched, Partition: 1, First: offset, Hour: noon}
	a.putBytes(t, o.SuppressedName(), list, nil)
}

// lines returns what the archive holds, by topic and offset: the value, or "-" of a stub. It checks what objects say.
func (a *archive) lines(t *testing.T) map[string]string {
	t.Helper()
	held := map[string]string{}
	for _, name := range []string{topic.Raw, topic.Enriched} {
		err := a.Archive.Objects(t.Context(), name, func(o archived.Listed) error {
			var got archived.Range
			content, err := a.Archive.Lines(t.Context(), o.Object, func(text []byte) error {
				l, err := archived.ParseLine(text)
				if err != nil {
					return err
				}
				got.Records++
				got.Last = l.Offset
				at := fmt.Sprintf("%s@%d", name, l.Offset)
				if _, twice := held[at]; twice {
					t.Errorf("%s is there twice", at)
				}
				held[at] = string(l.Value)
				if l.Suppressed {
					got.Suppressed++
					held[at] = "-"
				}
				return nil
			})
			got.Start = content.Range.Start
			if content.Range != got {
				t.Errorf("%s says %+v and is %+v", o.Name(), content.Range, got)
			}
			return errors.Join(err, content.RangeErr)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return held
}

func (a *archive) rows(t *testing.T, o archived.Object) string {
	t.Helper()
	object, err := a.client.GetObject(t.Context(), a.name, o.ParquetName(), minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	stat, err := object.Stat()
	if err != nil {
		t.Fatal(err)
	}
	type id struct {
		TweetID string `parquet:"tweet_id"`
	}
	rows, err := parquet.Read[id](object, stat.Size)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.TweetID)
	}
	return strings.Join(ids, " ")
}

func (a *archive) pass(t *testing.T) Report {
	t.Helper()
	r, err := a.Pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (a *archive) suppressed(t *testing.T) string {
	t.Helper()
	var at []string
	for place, value := range a.lines(t) {
		if value == "-" {
			at = append(at, place)
		}
	}
	slices.Sort(at)
	return strings.Join(at, " ")
}

func TestWhatWasDeletedIsGoneAndEveryOffsetIsStillThere(t *testing.T) {
	t.Parallel()
	a := start(t)
	var raw, enriched []*kgo.Record
	for i := range int64(20) {
		raw = append(raw, record(topic.Raw, i, fmt.Sprint("k", i%5), time.Duration(i)*time.Second))
		enriched = append(enriched, record(topic.Enriched, 2*i, fmt.Sprint("k", i%5), time.Duration(i)*time.Second))
	}
	a.put(t, archived.Zstd, raw[:10]...)
	a.put(t, archived.Gzip, raw[10:]...)
	o := a.put(t, archived.Zstd, enriched...)
	before := a.lines(t)
	a.delete(t, 100, 11*time.Second, "k1") // observed at 1, 6 and 11 s; what was observed at 16 s is there again

	a.DryRun = true
	if got, want := a.pass(t), (Report{Deleted: 1, Looked: 3, Rewritten: 3, Suppressed: 6, Tables: 1}); got != want {
		t.Errorf("the dry run says %+v, want %+v", got, want)
	}
	if a.suppressed(t) != "" {
		t.Error("the dry run changes something")
	}
	a.DryRun = false
	if got, want := a.pass(t), (Report{Deleted: 1, Looked: 3, Rewritten: 3, Suppressed: 6, Tables: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	const want = "tweets.enriched@12 tweets.enriched@2 tweets.enriched@22 tweets.raw@1 tweets.raw@11 tweets.raw@6"
	if got := a.suppressed(t); got != want {
		t.Errorf("suppressed are %s, want %s", got, want)
	}
	for place, value := range a.lines(t) {
		if value != "-" && value != before[place] {
			t.Errorf("%s was %s and is %s", place, before[place], value)
		}
	}
	if got := a.rows(t, o); strings.Count(got, "k1") != 1 || strings.Count(got, "k") != 17 {
		t.Errorf("the table has %s", got)
	}
	if got := a.pass(t); got.Rewritten+got.Tables != 0 {
		t.Errorf("another pass does %+v", got)
	}
	// A former owner of the partition that wakes up late does not bring it back.
	err := a.Bucket.Put(t.Context(), o.Name(), strings.NewReader("x"), 1, bucket.Options{OnlyNew: true})
	if !errors.Is(err, bucket.ErrExists) {
		t.Errorf("a late put gives %v", err)
	}
}

func TestACopyThatComesAfterThePassGoesWithTheNextOne(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.put(t, archived.Zstd, record(topic.Raw, 0, "a", 0), record(topic.Raw, 1, "b", 0))
	a.delete(t, 1, time.Minute, "a")
	a.pass(t)
	a.put(t, archived.Zstd, record(topic.Raw, 2, "a", time.Second)) // observed before the deletion, archived late
	a.delete(t, 2, time.Minute, "b")                                // and one that is new, of a post that is not
	a.pass(t)
	if got := a.suppressed(t); got != "tweets.raw@0 tweets.raw@1 tweets.raw@2" {
		t.Errorf("suppressed are %s", got)
	}
}

func TestAPassAfterAKilledOneDoesWhatThatHasLeft(t *testing.T) {
	t.Parallel()
	a := start(t)
	o := a.put(t, archived.Zstd, record(topic.Enriched, 0, "a", 0), record(topic.Enriched, 1, "b", 0))
	if storetest.IsReal() {
		if err := a.client.EnableVersioning(t.Context(), a.name); err != nil {
			t.Fatal(err)
		}
	}
	a.delete(t, 1, time.Minute, "a")
	var set suppression.Set
	set.Add(suppression.Entry{Key: []byte("a"), ObservedAt: noon.Add(time.Minute)})
	// Killed while it put the object in parts, and again after it had, before the table and the old versions.
	ctx, kill := context.WithCancel(t.Context())
	if _, err := a.Bucket.NewWriter(ctx, o.Name(), bucket.Options{}).Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	kill()
	f, err := a.look(t.Context(), o, &set)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.rewrite(t.Context(), o, &set, f); err != nil {
		t.Fatal(err)
	}
	if got := a.rows(t, o); got != "a b" {
		t.Fatalf("the table has %s", got)
	}
	r := a.pass(t)
	if r.Rewritten != 0 || r.Tables != 1 || a.rows(t, o) != "b" {
		t.Errorf("the next pass does %+v, the table has %s", r, a.rows(t, o))
	}
	versions := 0
	for v := range a.client.ListObjects(t.Context(), a.name, minio.ListObjectsOptions{Prefix: topic.Enriched, Recursive: true, WithVersions: storetest.IsReal()}) {
		if v.Err != nil {
			t.Fatal(v.Err)
		}
		versions++
	}
	if versions != 1 {
		t.Errorf("%d versions of the object are there", versions)
	}
	for left := range a.client.ListIncompleteUploads(t.Context(), a.name, "", true) {
		t.Errorf("parts are left of %s, %v", left.Key, left.Err)
	}
}

func TestTwoThatCompactAtOnceLeaveEachRecordOnce(t *testing.T) {
	t.Parallel()
	a := start(t)
	for object := range int64(6) {
		var records []*kgo.Record
		for i := range int64(10) {
			records = append(records, record(topic.Enriched, object*10+i, fmt.Sprint("k", i), 0))
		}
		a.put(t, archived.Zstd, records...)
	}
	for i := range int64(5) {
		a.delete(t, i, time.Minute, fmt.Sprint("k", i))
	}
	var both sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		c := *a.Compactor
		c.maxDeletions = i // of which 0 takes all at once
		both.Go(func() { _, errs[i] = c.Pass(t.Context()) })
	}
	both.Wait()
	if err := errors.Join(errs...); err != nil {
		// One that was overtaken five times says so, and the next pass does it.
		t.Log(err)
		a.pass(t)
	}
	stubs := 0
	lines := a.lines(t)
	for _, value := range lines {
		if value == "-" {
			stubs++
		}
	}
	if len(lines) != 60 || stubs != 30 {
		t.Errorf("%d lines, %d stubs", len(lines), stubs)
	}
}

func TestALongListTakesSeveralRounds(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.maxDeletions = 2
	a.put(t, archived.Zstd, record(topic.Raw, 0, "a", 0), record(topic.Raw, 1, "b", 0), record(topic.Raw, 2, "c", 0), record(topic.Raw, 3, "d", 0))
	a.delete(t, 1, time.Minute, "a", "b")
	a.delete(t, 2, time.Minute, "c")
	if r := a.pass(t); r.Deleted != 3 || r.Rewritten != 2 || r.Suppressed != 3 {
		t.Errorf("got %+v", r)
	}
	if got := a.suppressed(t); got != "tweets.raw@0 tweets.raw@1 tweets.raw@2" {
		t.Errorf("suppressed are %s", got)
	}
}

func TestWhatIsBrokenHoldsUpNothingElseAndThePassIsMadeAgain(t *testing.T) {
	t.Parallel()
	a := start(t)
	o := archived.Object{Topic: topic.Raw, Hour: noon, Format: archived.Zstd}
	a.putBytes(t, o.Name(), []byte("no frame"), archived.Range{}.Metadata())
	a.putBytes(t, archived.SuppressedRoot+"a/broken.ndjson", []byte("no line\n"), nil)
	a.put(t, archived.Zstd, record(topic.Raw, 1, "a", 0))
	a.delete(t, 1, time.Minute, "a")
	r, err := a.Pass(t.Context())
	if err == nil || r.Failed != 2 || r.Rewritten != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	s, err := a.readState(t.Context())
	if err != nil || !s.Finished.IsZero() || !s.Through.IsZero() {
		t.Errorf("the state is %+v, %v", s, err)
	}
}

func TestAnObjectWithoutItsRangeIsLeftAlone(t *testing.T) {
	t.Parallel()
	a := start(t)
	var body bytes.Buffer
	packer, err := archived.Gzip.NewPacker(&body)
	if err != nil {
		t.Fatal(err)
	}
	r := record(topic.Raw, 1, "a", 0)
	if _, err := packer.Write(archived.AppendLine(nil, r)); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	for name, metadata := range map[string]map[string]string{"none": nil, "another count": archived.Range{Start: 1, Last: 1, Records: 2}.Metadata()} {
		r.Offset++
		a.putBytes(t, archived.ObjectOf(r, archived.Gzip).Name(), body.Bytes(), metadata)
		_ = name
	}
	a.delete(t, 1, time.Minute, "a")
	if report, err := a.Pass(t.Context()); err == nil || report.Failed != 2 || report.Rewritten != 0 {
		t.Errorf("got %+v, %v", report, err)
	}
}

func TestOfSeveralSinksOneMakesAPass(t *testing.T) {
	t.Parallel()
	a := start(t)
	const every = time.Hour
	claims := func() (n int) {
		t.Helper()
		got := make(chan bool, 8)
		for range cap(got) {
			go func() {
				mine, err := a.claim(t.Context(), every)
				if err != nil {
					t.Error(err)
				}
				got <- mine
			}()
		}
		for range cap(got) {
			if <-got {
				n++
			}
		}
		return n
	}
	if n := claims(); n != 1 {
		t.Errorf("%d claim the first pass", n)
	}
	if n := claims(); n != 0 {
		t.Errorf("%d claim it while it is made", n)
	}
	started := func(ago time.Duration) {
		t.Helper()
		if err := a.update(t.Context(), func(s *state) { s.Started = time.Now().Add(-ago) }); err != nil {
			t.Fatal(err)
		}
	}
	started(every)
	if n := claims(); n != 1 {
		t.Errorf("%d claim it of a sink that died", n)
	}
	a.pass(t)
	if n := claims(); n != 0 {
		t.Errorf("%d claim one right after it", n)
	}
}

func TestASinkMakesPassesByItself(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.put(t, archived.Zstd, record(topic.Raw, 0, "a", 0))
	a.delete(t, 1, time.Minute, "a")
	ctx, stop := context.WithCancel(t.Context())
	passes := make(chan Report, 8)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.Run(ctx, 200*time.Millisecond, func(r Report, err error) {
			if err != nil {
				t.Error(err)
			}
			passes <- r
		})
	}()
	if first := <-passes; first.Suppressed != 1 {
		t.Errorf("the first pass does %+v", first)
	}
	if second := <-passes; second.Suppressed != 0 {
		t.Errorf("the second pass does %+v", second)
	}
	stop()
	<-ended
}

func TestAnObjectThatSomebodyElseHasRewrittenIsReadAgain(t *testing.T) {
	t.Parallel()
	a := start(t)
	o := a.put(t, archived.Zstd, record(topic.Raw, 0, "a", 0), record(topic.Raw, 1, "b", 0))
	var both, one suppression.Set
	for key, sets := range map[string][]*suppression.Set{"a": {&one, &both}, "b": {&both}} {
		for _, s := range sets {
			s.Add(suppression.Entry{Key: []byte(key), ObservedAt: noon.Add(time.Minute)})
		}
	}
	late, err := a.look(t.Context(), o, &one)
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.look(t.Context(), o, &both)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.rewrite(t.Context(), o, &both, first); err != nil {
		t.Fatal(err)
	}
	if err := a.rewrite(t.Context(), o, &one, late); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("the late one gives %v", err)
	}
	// Had it read before the first one wrote and written after it, it would bring b back.
	late.matching = 0
	if err := a.rewrite(t.Context(), o, &suppression.Set{}, late); !errors.Is(err, bucket.ErrChanged) {
		t.Errorf("one that finds what it expects gives %v", err)
	}
	if got := a.suppressed(t); got != "tweets.raw@0 tweets.raw@1" {
		t.Errorf("suppressed are %s", got)
	}
}

// What an earlier pass has looked at is not read again, but for posts that are new on the list; what is new is looked at
// for every post.
func TestAPassLooksOnlyAtWhatCanBeNew(t *testing.T) {
	t.Parallel()
	a := start(t)
	a.put(t, archived.Zstd, record(topic.Raw, 0, "a", 0), record(topic.Raw, 1, "b", 0))
	a.delete(t, 1, time.Minute, "a")
	between := a.laterThan(t, archived.SuppressedRoot)
	a.put(t, archived.Zstd, record(topic.Raw, 2, "a", 0))
	through := func(at time.Time) {
		t.Helper()
		if err := a.update(t.Context(), func(s *state) { s.Through = at.Add(overlap) }); err != nil {
			t.Fatal(err)
		}
	}
	through(between)
	if r := a.pass(t); r.Looked != 1 || a.suppressed(t) != "tweets.raw@2" {
		t.Errorf("of a new object %+v, suppressed are %s", r, a.suppressed(t))
	}
	through(a.laterThan(t, topic.Raw))
	if r := a.pass(t); r.Looked != 0 {
		t.Errorf("of nothing new %+v", r)
	}
	a.All = true
	if r := a.pass(t); r.Looked != 2 || a.suppressed(t) != "tweets.raw@0 tweets.raw@2" {
		t.Errorf("of everything %+v, suppressed are %s", r, a.suppressed(t))
	}
}

// laterThan waits until the store's clock, which tells seconds, is past everything below a prefix, and returns what it says.
func (a *archive) laterThan(t *testing.T, prefix string) time.Time {
	t.Helper()
	var newest time.Time
	if err := a.Bucket.List(t.Context(), prefix, func(_ string, modified time.Time) error {
		if modified.After(newest) {
			newest = modified
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	for {
		if err := a.Bucket.Put(t.Context(), "clock", strings.NewReader("x"), 1, bucket.Options{}); err != nil {
			t.Fatal(err)
		}
		stat, err := a.Bucket.Stat(t.Context(), "clock")
		if err != nil {
			t.Fatal(err)
		}
		if stat.Modified.Sub(newest) >= time.Second {
			return stat.Modified
		}
		select {
		case <-deadline:
			t.Fatal("the store's clock stands still")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
