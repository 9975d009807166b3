package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
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
	key := ""
	w.change(o, o, func(lines []string) []string {
		l, err := archived.ParseLine([]byte(lines[3]))
		if err != nil {
			t.Fatal(err)
		}
		key = string(l.Key)
		lines[3] = strings.Replace(lines[3], "invented", "forged", 1)
		lines[4] = stub(t, lines[4]) // a suppressed one is as it must be
		return lines
	})
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
			documents = append(documents, "tweets-2026.05", "2", indexed(t, i, at)) // in two indices
		case 3:
			at = later.Add(time.Hour) // newer than what is verified
		case 9:
			continue // refused
		}
		documents = append(documents, index, fmt.Sprint(i), indexed(t, i, at))
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
	if len(w.findings) != 3 || got["0"] != IndexMissing || got["1"] != IndexStale || got["2"] != IndexDouble {
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

func indexed(t *testing.T, i int, observed time.Time) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"tweet_id": fmt.Sprint(i), "observed_at": observed})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
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

func TestADeletedPostMustBeAStub(t *testing.T) {
	t.Parallel()
	at := noon
	e := expected{version: at.UnixMilli(), deleted: true}
	stub, post, newer := hit{Index: "i"}, hit{Index: "i"}, hit{Index: "i"}
	stub.Source.DeletedAt, post.Source.ObservedAt, newer.Source.ObservedAt = at, at, at.Add(time.Millisecond)
	for name, c := range map[string]struct {
		hit  hit
		want int
	}{"a stub": {stub, 0}, "the post": {post, 1}, "a later observation": {newer, 0}, "neither": {hit{}, 1}} {
		w := &walk{v: &Verifier{Found: func(Finding) {}}}
		p := &posts{batch: map[string]expected{"1": e}}
		p.judge(w, "1", e, []hit{c.hit})
		if got := w.sum.Findings(); got != int64(c.want) {
			t.Errorf("%s: %d findings", name, got)
		}
	}
}
