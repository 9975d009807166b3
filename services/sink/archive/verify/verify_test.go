package verify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/suppression"
)

func TestASoundArchiveIsProvenAlsoAfterKafkaHasForgotten(t *testing.T) {
	t.Parallel()
	w := start(t, 40)
	if got := w.verify(); got != "" {
		t.Errorf("found %s", got)
	}
	if s := w.sum(); s.Records != 240 || s.Compared != 240 || len(w.partitions) != 4 {
		t.Errorf("verified are %+v", s)
	}
	w.forget()
	if got := w.verify(); got != "" {
		t.Errorf("after Kafka has forgotten: %s", got)
	}
	if s := w.sum(); s.Records != 240 || s.Compared != 0 {
		t.Errorf("after Kafka has forgotten, verified are %+v", s)
	}
	w.produce(noon.Add(3*time.Hour), 120, 10)
	if got := w.verify(); got != "" {
		t.Errorf("what is not archived yet is found: %s", got)
	}
}

// lastLine is the offset of the last line of an object without holes. The range may end behind it, with a marker.
func lastLine(o archived.Object, r archived.Range) int64 { return o.First + int64(r.Records) - 1 }

func TestWhatIsLostOrDoubledIsFoundWhetherKafkaStillHasItOrNot(t *testing.T) {
	t.Parallel()
	same := func(lines []string) []string { return lines }
	for name, c := range map[string]struct {
		do   func(*world, []archived.Object)
		want func(of []archived.Object, ranges []archived.Range, isForgotten bool) string
	}{
		"an object": {
			func(w *world, of []archived.Object) { w.remove(of[1]) },
			func(_ []archived.Object, r []archived.Range, _ bool) string {
				return fmt.Sprintf("gap %d-%d", r[1].Start, r[1].Last)
			},
		},
		"the last object": {
			func(w *world, of []archived.Object) { w.remove(of[len(of)-1]) },
			func(_ []archived.Object, r []archived.Range, _ bool) string {
				return fmt.Sprintf("gap %d-%d", r[len(r)-1].Start, r[len(r)-1].Last)
			},
		},
		"a line": {
			func(w *world, of []archived.Object) {
				w.change(of[1], of[1], func(lines []string) []string { return slices.Delete(lines, 2, 3) })
			},
			func(of []archived.Object, r []archived.Range, isForgotten bool) string {
				count := fmt.Sprintf("count %d-%d", of[1].First, r[1].Last)
				if isForgotten {
					return count
				}
				return fmt.Sprintf("gap %d-%d, %s", of[1].First+2, of[1].First+2, count)
			},
		},
		"a double in another format": {
			func(w *world, of []archived.Object) {
				as := of[1]
				as.Format = archived.Gzip
				w.change(of[1], as, same)
			},
			func(of []archived.Object, r []archived.Range, _ bool) string {
				return fmt.Sprintf("double %d-%d", of[1].First, lastLine(of[1], r[1]))
			},
		},
		"objects that overlap": {
			func(w *world, of []archived.Object) {
				as := of[1]
				as.First++
				w.change(of[1], as, func(lines []string) []string { return lines[1:] }, "records", "as changed")
			},
			func(of []archived.Object, r []archived.Range, _ bool) string {
				return fmt.Sprintf("double %d-%d", of[1].First+1, lastLine(of[1], r[1]))
			},
		},
		"lines out of order": {
			func(w *world, of []archived.Object) {
				w.change(of[1], of[1], func(lines []string) []string {
					lines[4], lines[5] = lines[5], lines[4]
					return lines
				})
			},
			func(of []archived.Object, _ []archived.Range, isForgotten bool) string {
				disorder := fmt.Sprintf("disorder %s", "KEY")
				if isForgotten {
					return disorder
				}
				return fmt.Sprintf("gap %d-%d, %s", of[1].First+4, of[1].First+4, disorder)
			},
		},
		"an object that does not say its range": {
			func(w *world, of []archived.Object) { w.change(of[1], of[1], same, "last-offset", "x") },
			func(of []archived.Object, r []archived.Range, _ bool) string {
				return fmt.Sprintf("no_range %d-%d, gap %d-%d", of[1].First, of[1].First, r[1].Start, r[1].Last)
			},
		},
		"an object that cannot be read": {
			func(w *world, of []archived.Object) {
				content := []byte("no frame")
				m := archived.Range{Start: of[1].First, Last: of[2].First - 1, Records: 1}.Metadata()
				if err := w.bucket.Put(w.t.Context(), of[1].Name(), bytes.NewReader(content), int64(len(content)), bucket.Options{Metadata: m}); err != nil {
					w.t.Fatal(err)
				}
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, 40)
			of := w.objects()
			var ranges []archived.Range
			for _, o := range of {
				content, err := w.Archive.Lines(t.Context(), o, func([]byte) error { return nil })
				if err != nil {
					t.Fatal(err)
				}
				ranges = append(ranges, content.Range)
			}
			c.do(w, of)
			for _, isForgotten := range []bool{false, true} {
				if isForgotten {
					w.forget()
				}
				got := w.verify()
				if c.want == nil {
					if !strings.Contains(got, "unreadable") {
						t.Errorf("forgotten %t: found %q", isForgotten, got)
					}
					continue
				}
				want := c.want(of, ranges, isForgotten)
				for _, f := range w.findings {
					if f.Kind == Disorder {
						want = strings.Replace(want, "KEY", f.Key, 1)
					}
				}
				if got != want {
					t.Errorf("forgotten %t: found %q, want %q", isForgotten, got, want)
				}
			}
		})
	}
}

func TestALineThatIsNotWhatKafkaHasIsFound(t *testing.T) {
	t.Parallel()
	w := start(t, 40)
	o := w.objects()[1]
	key, suppressed := "", ""
	w.change(o, o, func(lines []string) []string {
		l, err := archived.ParseLine([]byte(lines[3]))
		if err != nil {
			t.Fatal(err)
		}
		key = string(l.Key)
		lines[3] = strings.Replace(lines[3], "invented", "forged", 1)
		lines[4] = stub(t, lines[4])
		if l, err = archived.ParseLine([]byte(lines[4])); err != nil {
			t.Fatal(err)
		}
		suppressed = string(l.Key)
		return lines
	})
	if got, want := w.verify(), fmt.Sprintf("differs %s, differs %s", key, suppressed); got != want {
		t.Errorf("found %q, want %q: nobody has deleted that post", got, want)
	}
	e := suppression.Entry{Key: []byte(suppressed), ObservedAt: noon.Add(9 * time.Hour), Topic: topic.Raw}
	list, err := e.Append(nil)
	if err == nil {
		err = w.bucket.Put(t.Context(), o.SuppressedName(), bytes.NewReader(list), int64(len(list)), bucket.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := w.verify(); got != "differs "+key {
		t.Errorf("found %q, want that %s differs", got, key)
	}
	if s := w.sum(); s.Suppressed != 1 {
		t.Errorf("%d are suppressed", s.Suppressed)
	}
}

// A broker or a client that hands aborted records out makes lines of them.
func TestALineOfAnAbortedRecordIsFoundAndOneThatKafkaHasCompactedIsNot(t *testing.T) {
	t.Parallel()
	w := start(t, 40)
	o := w.objects()[0]
	aborted := int64(-1)
	w.change(o, o, func(lines []string) []string {
		l, err := archived.ParseLine([]byte(lines[0]))
		if err != nil {
			t.Fatal(err)
		}
		// The offsets before the first committed record are those of the transaction that was aborted, and its marker.
		aborted = l.Offset - 2
		l.Offset = aborted
		return append([]string{string(archived.AppendLine(nil, l.Record))}, lines...)
	}, "records", "as changed")
	as := o
	as.First = aborted
	w.change(o, as, func(lines []string) []string { return lines }, "records", "as changed")
	w.remove(o)
	if got := w.verify(); !strings.HasPrefix(got, "aborted ") || len(w.findings) != 1 || w.findings[0].First != aborted {
		t.Errorf("found %q, want the aborted record at %d", got, aborted)
	}
	w.forget()
	if got := w.verify(); got != "" {
		t.Errorf("after Kafka has forgotten: %s", got)
	}
}

func stub(t *testing.T, line string) string {
	t.Helper()
	l, err := archived.ParseLine([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return string(archived.AppendStub(nil, l.Record))
}

func TestBoundsTakeWhatWasAskedForAndNotTheWorld(t *testing.T) {
	t.Parallel()
	w := start(t, 40)
	w.Topics = []string{topic.Raw}
	var objects []archived.Object
	if err := w.Archive.Objects(t.Context(), topic.Raw, func(o archived.Listed) error {
		objects = append(objects, o.Object)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, isForgotten := range []bool{false, true} {
		if isForgotten {
			w.forget()
		}
		for _, c := range []struct {
			from, to string
			want     int64 // records
		}{
			{"", "", 120},
			{"2026-06-03T12:00:00Z", "2026-06-03T13:00:00Z", 40},
			{"2026-06-03T12:59:00Z", "2026-06-03T13:01:00Z", 80}, // whole hours
			{"2026-06-03T14:00:00Z", "", 40},
			{"", "2026-06-03T14:00:00Z", 80},
			{"2026-06-04", "", 0},
			{"2026-06-03", "2026-06-04", 120},
			{"5", "9", 8}, // of each partition
		} {
			var err error
			if w.From, err = ParseBound(c.from); err != nil {
				t.Fatal(err)
			}
			if w.To, err = ParseBound(c.to); err != nil {
				t.Fatal(err)
			}
			if got := w.verify(); got != "" || w.sum().Records != c.want {
				t.Errorf("forgotten %t, %q to %q: found %q in %d records, want %d", isForgotten, c.from, c.to, got, w.sum().Records, c.want)
			}
		}
	}
	for _, text := range []string{"yesterday", "-1", "2026-13-01"} {
		if _, err := ParseBound(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestAPostThatIsNotInTheIndexAtItsNewestVersionIsFound(t *testing.T) {
	t.Parallel()
	w := start(t, 10)
	w.startIndex()
	// Post 0 twice more; the newest counts. Posts 1 to 3 are deleted.
	cl := w.Kafka
	later := noon.Add(3 * time.Hour)
	w.produce(later, 0, 4)
	w.archive(10)
	var documents []string
	for i := range 30 {
		at := noon.Add(time.Duration(i/10)*time.Hour + time.Duration(i)*time.Millisecond)
		index := "tweets-2026.06"
		switch i {
		case 0:
			continue // missing
		case 1:
		case 2:
			at = later.Add(2 * time.Millisecond)
			documents = append(documents, "tweets-2026.05", "2", indexed(i, at)) // in two indices
		case 3:
			at = later.Add(time.Hour) // newer than any record
		case 9:
			continue // refused
		}
		documents = append(documents, index, fmt.Sprint(i), indexed(i, at))
	}
	w.store(documents...)
	admin := kadm.NewClient(cl)
	ends, err := admin.ListCommittedOffsets(t.Context(), topic.Enriched)
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.CommitAllOffsets(t.Context(), w.IndexGroup, ends.Offsets()); err != nil {
		t.Fatal(err)
	}
	w.refuse("9")
	w.verify()
	got := map[string]Kind{}
	for _, f := range w.findings {
		got[f.Key] = f.Kind
	}
	if len(w.findings) != 4 || got["0"] != IndexMissing || got["1"] != IndexStale || got["2"] != IndexDouble || got["3"] != IndexNewer {
		t.Errorf("found %+v", w.findings)
	}
	if s := w.sum(); s.Posts != 34 || s.Refused != 1 || s.Pending != 0 {
		t.Errorf("verified are %+v", s)
	}
	// What the index half has not come to is no fault.
	if err := admin.CommitAllOffsets(t.Context(), w.IndexGroup, kadm.Offsets{topic.Enriched: {0: {Topic: topic.Enriched}, 1: {Topic: topic.Enriched, Partition: 1}}}); err != nil {
		t.Fatal(err)
	}
	if got := w.verify(); got != "" || w.sum().Pending != 34 {
		t.Errorf("found %q, %+v", got, w.sum())
	}
}

// indexed is the document of a post as the index half stores it.
func indexed(i int, observed time.Time) string {
	return strings.TrimSuffix(string(document(i, observed)), "}") + `,"indexed_at":"2026-06-03T12:00:01.000Z","index_ms":3}`
}

func stubOf(i int, deleted time.Time) string {
	return fmt.Sprintf(`{"tweet_id":"%d","deleted_at":"%s"}`, i, deleted.Format(time.RFC3339Nano))
}

// refuse makes a dead letter of every observation of a post.
func (w *world) refuse(id string) {
	w.t.Helper()
	err := w.Archive.Read(w.t.Context(), topic.Enriched, func(l archived.Line) error {
		if string(l.Key) == id {
			w.store("dead-letters-2026.06", fmt.Sprintf("%s-%d-%d", l.Topic, l.Partition, l.Offset), `{"@timestamp":"2026-06-03T12:00:00Z"}`)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// indexAll tells that the index half has come to the end of tweets.enriched.
func (w *world) indexAll() {
	w.t.Helper()
	admin := kadm.NewClient(w.Kafka)
	ends, err := admin.ListCommittedOffsets(w.t.Context(), topic.Enriched)
	if err == nil {
		err = admin.CommitAllOffsets(w.t.Context(), w.IndexGroup, ends.Offsets())
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// enriched writes what is to be archived of one post.
func (w *world) enriched(key string, value []byte, observed time.Time) {
	w.t.Helper()
	r := &kgo.Record{Topic: topic.Enriched, Key: []byte(key), Value: value, Timestamp: noon.Add(5 * time.Hour), Headers: []kgo.RecordHeader{
		{Key: topic.HeaderObservedAt, Value: []byte(observed.Format(time.RFC3339Nano))},
	}}
	if err := kafkatest.Client(w.t, w.kafka).ProduceSync(w.t.Context(), r).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// What the index must have of a post whose observations are these, and what it has.
func TestTheIndexMustHaveWhatTheNewestObservationSays(t *testing.T) {
	t.Parallel()
	at := noon.Add(4 * time.Hour)
	type observed struct {
		deleted bool
		at      time.Duration
		refused bool
	}
	live, deletion, soon := observed{}, observed{deleted: true}, time.Millisecond
	other := strings.Replace(indexed(7, at), "invented", "forged", 1)
	for name, c := range map[string]struct {
		log  []observed
		has  string // "" is nothing
		want string
	}{
		"the document":                               {[]observed{live}, indexed(7, at), ""},
		"nothing":                                    {[]observed{live}, "", "index_missing 7"},
		"a stub in place of a post":                  {[]observed{live}, stubOf(7, at), "index_differs 7"},
		"another text at the same version":           {[]observed{live}, other, "index_differs 7"},
		"a version that no record has":               {[]observed{live}, indexed(7, at.AddDate(1, 0, 0)), "index_newer 7"},
		"an older version":                           {[]observed{live}, indexed(7, at.Add(-soon)), "index_stale 7"},
		"a deletion":                                 {[]observed{live, {deleted: true, at: soon}}, stubOf(7, at.Add(soon)), ""},
		"a deletion that is not there":               {[]observed{live, {deleted: true, at: soon}}, indexed(7, at), "index_stale 7"},
		"a deletion and a later look":                {[]observed{deletion, {at: soon}}, indexed(7, at.Add(soon)), ""},
		"a deletion in the same millisecond":         {[]observed{live, deletion}, stubOf(7, at), ""},
		"a deletion before, in the same millisecond": {[]observed{deletion, live}, stubOf(7, at), ""},
		"a post that came back in that millisecond":  {[]observed{deletion, live}, indexed(7, at), "index_stale 7"},
		"a post that stayed in that millisecond":     {[]observed{live, deletion}, indexed(7, at), "index_stale 7"},
		"the newest was refused":                     {[]observed{live, {at: soon, refused: true}}, indexed(7, at), ""},
		"the newest was not refused":                 {[]observed{live, {at: soon}}, indexed(7, at), "index_stale 7"},
		"the newest was refused, the other is gone":  {[]observed{live, {at: soon, refused: true}}, "", "index_missing 7"},
		"an older one was refused":                   {[]observed{{refused: true}, {at: soon}}, "", "index_missing 7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, 0)
			w.Topics = []string{topic.Enriched}
			w.startIndex()
			for _, o := range c.log {
				value := document(7, at.Add(o.at))
				if o.deleted {
					value = nil
				}
				w.enriched("7", value, at.Add(o.at))
			}
			w.archive(10)
			i := 0
			if err := w.Archive.Read(t.Context(), topic.Enriched, func(l archived.Line) error {
				if c.log[i].refused {
					w.store("dead-letters-2026.06", fmt.Sprintf("%s-%d-%d", l.Topic, l.Partition, l.Offset), `{"@timestamp":"2026-06-03T12:00:00Z"}`)
				}
				i++
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if c.has != "" {
				w.store("tweets-2026.06", "7", c.has)
			}
			w.indexAll()
			if got := w.verify(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// The index is ahead of what was asked for, and rightly so.
func TestWhatTheIndexHasOfARecordBehindTheEndIsNoFault(t *testing.T) {
	t.Parallel()
	w := start(t, 0)
	w.Topics = []string{topic.Enriched}
	w.startIndex()
	later := noon.Add(5 * time.Hour)
	w.enriched("7", document(7, noon), noon)
	w.archive(10)
	w.enriched("7", document(7, later), later) // not archived yet
	w.store("tweets-2026.06", "7", indexed(7, later))
	w.indexAll()
	if got := w.verify(); got != "" {
		t.Errorf("found %q", got)
	}
	if behind := w.behind(); behind != 1 {
		t.Errorf("the archive is %d offsets behind, want 1", behind)
	}
	w.archive(10)
	w.To, _ = ParseBound("1")
	w.Partition = w.objectOf("7").Partition
	if got := w.verify(); got != "" {
		t.Errorf("up to the first: found %q", got)
	}
}

// objectOf is the first object that holds a post.
func (w *world) objectOf(key string) (in archived.Object) {
	w.t.Helper()
	err := w.Archive.Read(w.t.Context(), topic.Enriched, func(l archived.Line) error {
		if string(l.Key) == key && in.Topic == "" {
			in = archived.ObjectOf(l.Record, archived.Zstd)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *world) behind() (n int64) {
	for _, p := range w.partitions {
		n += p.Behind
	}
	return n
}

func TestAnEndThatWasAskedForMustBeReached(t *testing.T) {
	t.Parallel()
	w := start(t, 40)
	w.Topics = []string{topic.Raw}
	w.produce(noon.Add(3*time.Hour), 120, 40)
	if got := w.verify(); got != "" || w.behind() != 40 {
		t.Errorf("without an end: found %q, %d offsets behind", got, w.behind())
	}
	for _, to := range []string{"70", "2026-06-04", "1000000"} {
		w.To, _ = ParseBound(to)
		if got := w.verify(); !strings.HasPrefix(got, "behind ") || len(w.findings) != 2 {
			t.Errorf("to %s: found %q", to, got)
		}
	}
	w.To, _ = ParseBound("10")
	if got := w.verify(); got != "" {
		t.Errorf("found %q", got)
	}
	// The same of the index.
	w.Topics = []string{topic.Enriched}
	w.To, _ = ParseBound("35")
	w.startIndex()
	if err := kadm.NewClient(w.Kafka).CommitAllOffsets(t.Context(), w.IndexGroup, kadm.Offsets{topic.Enriched: {0: {Topic: topic.Enriched}, 1: {Topic: topic.Enriched, Partition: 1}}}); err != nil {
		t.Fatal(err)
	}
	if got := w.verify(); !strings.HasPrefix(got, "behind ") {
		t.Errorf("of the index found %q", got)
	}
}

func TestAnIndexThatIsNotReadAsItMustBeIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		want   Kind
	}{
		"no alias": {func(w *world) {
			w.request(esapi.IndicesUpdateAliasesRequest{Body: strings.NewReader(`{"actions":[{"remove":{"index":"tweets-2026.06","alias":"tweets"}}]}`)})
		}, IndexAlias},
		"an alias that shows stubs": {func(w *world) {
			w.request(esapi.IndicesUpdateAliasesRequest{Body: strings.NewReader(`{"actions":[{"remove":{"index":"tweets-2026.06","alias":"tweets"}},{"add":{"index":"tweets-2026.06","alias":"tweets"}}]}`)})
		}, IndexAlias},
		"fields of any name": {func(w *world) {
			w.request(esapi.IndicesPutMappingRequest{Index: []string{"tweets-2026.06"}, Body: strings.NewReader(`{"dynamic":true}`)})
		}, IndexMapping},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, 0)
			w.Topics = []string{topic.Enriched}
			w.startIndex()
			w.enriched("7", document(7, noon), noon)
			w.archive(10)
			w.store("tweets-2026.06", "7", indexed(7, noon))
			w.indexAll()
			if got := w.verify(); got != "" {
				t.Fatalf("found %q before", got)
			}
			c.change(w)
			if w.verify(); len(w.findings) != 1 || w.findings[0].Kind != c.want {
				t.Errorf("found %+v", w.findings)
			}
		})
	}
}

func TestALineMustBeTheRecordInEverything(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*kgo.Record){
		"another time":          func(r *kgo.Record) { r.Timestamp = r.Timestamp.Add(time.Millisecond) },
		"another header":        func(r *kgo.Record) { r.Headers[0].Value = []byte("2026-06-03T12:00:00.001Z") },
		"a header too many":     func(r *kgo.Record) { r.Headers = append(r.Headers, r.Headers[0]) },
		"another key":           func(r *kgo.Record) { r.Key = append(r.Key, '0') },
		"no value":              func(r *kgo.Record) { r.Value = nil },
		"a header without name": func(r *kgo.Record) { r.Headers[0].Key = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, 20)
			o := w.objects()[1]
			w.change(o, o, func(lines []string) []string {
				l, err := archived.ParseLine([]byte(lines[3]))
				if err != nil {
					t.Fatal(err)
				}
				change(l.Record)
				lines[3] = string(archived.AppendLine(nil, l.Record))
				return lines
			})
			if w.verify(); len(w.findings) != 1 || w.findings[0].Kind != Differs {
				t.Errorf("found %+v", w.findings)
			}
		})
	}
}

// The first record of an announced range was compacted away before the range was put.
func TestAnObjectMayBeginBehindItsName(t *testing.T) {
	t.Parallel()
	w := start(t, 40)
	o := w.objects()[1]
	w.change(o, o, func(lines []string) []string { return lines[1:] }, "records", "as changed")
	if got, want := w.verify(), fmt.Sprintf("gap %d-%d", o.First, o.First); got != want {
		t.Errorf("found %q, want %q: Kafka has the record", got, want)
	}
	w.forget()
	if got := w.verify(); got != "" {
		t.Errorf("found %q", got)
	}
}
