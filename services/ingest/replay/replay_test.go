package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/archived"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const raw = "tweets.raw"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// store is an archive in memory that fails as it is told.
type store struct {
	objects []archived.Listed
	packed  map[string][]byte
	ranges  map[string]archived.Range
	// fail returns why an object cannot be read, or how its content is to be read; both nil when nothing is wrong.
	fail func(name string, content []byte) (io.Reader, error)
}

// put archives records, which are of one partition and hour.
func (s *store) put(t *testing.T, format archived.Format, lines ...archived.Line) archived.Object {
	t.Helper()
	var packed bytes.Buffer
	w, err := format.NewPacker(&packed)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, l := range lines {
		if l.Suppressed {
			b = archived.AppendStub(b, l.Record)
		} else {
			b = archived.AppendLine(b, l.Record)
		}
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o := archived.ObjectOf(lines[0].Record, format)
	if s.packed == nil {
		s.packed, s.ranges = map[string][]byte{}, map[string]archived.Range{}
	}
	s.objects = append(s.objects, archived.Listed{Object: o, Size: int64(packed.Len())})
	s.packed[o.Name()], s.ranges[o.Name()] = packed.Bytes(), archived.Range{Records: len(lines)}
	return o
}

// Objects lists.
func (s *store) Objects(_ context.Context, _ string, each func(archived.Listed) error) error {
	slices.SortFunc(s.objects, func(a, b archived.Listed) int { return strings.Compare(a.Name(), b.Name()) })
	for _, o := range s.objects {
		if err := each(o); err != nil {
			return err
		}
	}
	return nil
}

// Open reads.
func (s *store) Open(_ context.Context, o archived.Object, use func(archived.Content, io.Reader) error) error {
	content := s.packed[o.Name()]
	in := io.Reader(bytes.NewReader(content))
	if s.fail != nil {
		instead, err := s.fail(o.Name(), content)
		if err != nil {
			return fmt.Errorf("read %s: %w", o.Name(), err)
		}
		if instead != nil {
			in = instead
		}
	}
	if err := use(archived.Content{Range: s.ranges[o.Name()]}, in); err != nil {
		return fmt.Errorf("read %s: %w", o.Name(), err)
	}
	return nil
}

func at(partition int32, offset int64, when time.Time) archived.Line {
	return archived.Line{Record: &kgo.Record{
		Topic: raw, Partition: partition, Offset: offset, Timestamp: when, Key: fmt.Append(nil, partition), Value: fmt.Appendf(nil, `{"n":%d}`, offset),
		Headers: []kgo.RecordHeader{{Key: "source", Value: []byte("x")}, {Key: "of a later day", Value: nil}},
	}}
}

// many are records of one partition, a second each.
func many(partition int32, from, n int64, when time.Time) (lines []archived.Line) {
	for i := range n {
		lines = append(lines, at(partition, from+i, when.Add(time.Duration(i)*time.Second)))
	}
	return lines
}

type run struct {
	*Runner
	got  []*kgo.Record
	said []string
	log  bytes.Buffer
}

func newRun(s *store) *run {
	r := &run{}
	r.Runner = &Runner{
		Archive: s, Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
		Status:  func(reason string) { r.said = append(r.said, reason) },
		Deliver: func(_ context.Context, record *kgo.Record) error { r.got = append(r.got, record); return nil },
	}
	return r
}

// places are partition and offset of what was delivered.
func (r *run) places() (places []string) {
	for _, g := range r.got {
		places = append(places, fmt.Sprintf("%d/%d", g.Partition, g.Offset))
	}
	return places
}

func (r *run) replay(t *testing.T, span Span) (Report, error) {
	t.Helper()
	plan, err := r.Plan(t.Context(), raw, span)
	if err != nil {
		t.Fatal(err)
	}
	return r.Run(t.Context(), plan)
}

func TestRecordsOfTheSpanComeBackAsTheyWereInTheOrderOfEachPartition(t *testing.T) {
	t.Parallel()
	s := &store{}
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	s.put(t, archived.Zstd, many(1, 0, 2, hour(0).Add(50*time.Minute))...)
	s.put(t, archived.Gzip, many(1, 2, 2, hour(1))...)
	// The clock of partition 0 went back by an hour once.
	s.put(t, archived.Zstd, many(0, 0, 1, hour(1))...)
	s.put(t, archived.Zstd, many(0, 1, 2, hour(0).Add(30*time.Minute))...)
	s.put(t, archived.Zstd, many(0, 3, 1, hour(1).Add(time.Minute))...)
	s.put(t, archived.Zstd, many(0, 4, 3, hour(2))...) // one of them is in the span
	s.put(t, archived.Zstd, many(0, 7, 1, hour(3))...) // too late
	s.put(t, archived.Zstd, many(2, 0, 1, hour(-1))...)
	stub := at(1, 4, hour(1).Add(time.Minute))
	stub.Suppressed = true
	s.put(t, archived.Zstd, stub)

	r := newRun(s)
	report, err := r.replay(t, Span{From: hour(0).Add(30 * time.Minute), To: hour(2).Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1/0", "1/1", "0/0", "0/1", "0/2", "0/3", "1/2", "1/3", "0/4"}
	if diff := cmp.Diff(want, r.places()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	original := at(0, 4, hour(2)).Record
	if last := r.got[len(r.got)-1]; !last.Timestamp.Equal(original.Timestamp) || !bytes.Equal(last.Key, original.Key) || !bytes.Equal(last.Value, original.Value) || cmp.Diff(last.Headers, append(original.Headers, kgo.RecordHeader{Key: "replayed", Value: []byte("tweets.raw/0/4")})) != "" {
		t.Errorf("%+v, want %+v", last, original)
	}
	total := report.Total()
	bytes := int64(0)
	for _, g := range r.got {
		g.Headers = g.Headers[:2]
		bytes += size(g)
	}
	if total.Objects != 7 || total.Records != 9 || total.Suppressed != 1 || total.Bytes != bytes || total.Packed == 0 || report.Done != 7 || len(report.Damaged) != 0 {
		t.Errorf("%+v", report)
	}
}

func TestCopiesOfEarlierReplaysArePassedOver(t *testing.T) {
	t.Parallel()
	s := &store{}
	s.put(t, archived.Zstd, many(0, 0, 5, noon)...)
	for round := range int64(3) {
		r := newRun(s)
		report, err := r.replay(t, Span{})
		if err != nil {
			t.Fatal(err)
		}
		if total := report.Total(); total.Records != 5 || total.Copies != 5*round {
			t.Errorf("round %d: %+v", round, total)
		}
		// What the archive makes of what came: they have places of their own, and the time of the originals.
		var copies []archived.Line
		for i, g := range r.got {
			g.Offset = 100*(round+1) + int64(i)
			copies = append(copies, archived.Line{Record: g})
		}
		s.put(t, archived.Zstd, copies...)
	}
}

func TestTheReportHasALineForEachDay(t *testing.T) {
	t.Parallel()
	s := &store{}
	s.put(t, archived.Zstd, many(0, 0, 3, noon)...)
	s.put(t, archived.Zstd, many(0, 3, 2, noon.Add(24*time.Hour))...)
	r := newRun(s)
	report, err := r.replay(t, Span{})
	if err != nil {
		t.Fatal(err)
	}
	for day, c := range report.Days {
		c.Packed = 1
		report.Days[day] = c
	}
	report.Damaged = []string{"an object"}
	var out strings.Builder
	if err := report.Fprint(&out); err != nil {
		t.Fatal(err)
	}
	want := `
         day  objects  records  bytes  bytes packed  suppressed  copies
  2026-11-23        1        3     87             1           0       0
  2026-11-24        1        2     58             1           0       0
       total        2        5    145             2           0       0
damaged: an object
`
	if diff := cmp.Diff(want, "\n"+out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAStoreThatIsAwayIsWaitedForAndNothingComesTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		s.put(t, archived.Gzip, many(0, 0, 3000, noon)...)
		tries := 0
		s.fail = func(_ string, content []byte) (io.Reader, error) {
			tries++
			switch {
			case tries%4 == 1:
				return nil, minio.ErrorResponse{Code: "SlowDown", StatusCode: http.StatusServiceUnavailable}
			case tries < 12: // each time a little further
				return io.MultiReader(bytes.NewReader(content[:len(content)*tries/12]), failing{}), nil
			}
			return nil, nil
		}
		r := newRun(s)
		began := time.Now()
		report, err := r.replay(t, Span{})
		if err != nil || report.Done != 1 || len(report.Damaged) > 0 || tries != 12 || time.Since(began) == 0 {
			t.Errorf("after %d tries: %+v, %v", tries, report, err)
		}
		if len(r.got) != 3000 || report.Total().Records != 3000 {
			t.Errorf("%d records, %d counted", len(r.got), report.Total().Records)
		}
		for i, g := range r.got {
			if g.Offset != int64(i) {
				t.Fatalf("at %d comes offset %d", i, g.Offset)
			}
		}
		if len(r.said) < 3 || r.said[len(r.said)-1] != "" {
			t.Errorf("said %q", r.said)
		}
	})
}

// failing is a connection that is cut.
type failing struct{}

// Read fails.
func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestWhatIsDamagedIsToldAndDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	s := &store{}
	names := map[string]string{} // by name, what is wrong
	hour := noon
	add := func(what string, lines ...archived.Line) string {
		hour = hour.Add(time.Hour)
		if len(lines) == 0 {
			lines = many(0, hour.Unix(), 10, hour)
		}
		name := s.put(t, archived.Zstd, lines...).Name()
		if what != "" {
			names[name] = what
		}
		return name
	}
	add("")
	cut := add("cut off")
	s.packed[cut] = s.packed[cut][:len(s.packed[cut])-3]
	short := add("a line is missing")
	s.ranges[short] = archived.Range{Records: 11}
	gone := add("gone since it was listed")
	s.fail = func(name string, _ []byte) (io.Reader, error) {
		if name == gone {
			return nil, minio.ErrorResponse{Code: minio.NoSuchKey, StatusCode: http.StatusNotFound}
		}
		return nil, nil
	}
	hour = hour.Add(time.Hour)
	foreign := at(0, hour.Unix()+1, hour)
	foreign.Partition = 1
	add("a record of another partition", at(0, hour.Unix(), hour), foreign)
	hour = hour.Add(time.Hour)
	add("")

	r := newRun(s)
	report, err := r.replay(t, Span{})
	if err != nil || report.Done != 6 {
		t.Errorf("%d objects, %v", report.Done, err)
	}
	for _, name := range report.Damaged {
		if _, known := names[name]; !known {
			t.Errorf("%s is whole", name)
		}
		delete(names, name)
	}
	for _, what := range names {
		t.Errorf("nobody was told of the one that is: %s", what)
	}
	if n := len(r.got); n < 31 || n > 41 {
		t.Errorf("%d records", n)
	}
}

func TestARefusalOfTheStoreEndsTheReplay(t *testing.T) {
	t.Parallel()
	s := &store{}
	s.put(t, archived.Zstd, many(0, 0, 1, noon)...)
	s.fail = func(string, []byte) (io.Reader, error) {
		return nil, minio.ErrorResponse{Code: minio.AccessDenied, StatusCode: http.StatusForbidden}
	}
	report, err := newRun(s).replay(t, Span{})
	if err == nil || report.Done != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestAStopSaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	s := &store{}
	s.put(t, archived.Zstd, many(0, 0, 5, noon)...)
	s.put(t, archived.Zstd, many(0, 5, 5, noon.Add(time.Hour))...)
	s.put(t, archived.Zstd, many(0, 10, 5, noon)...) // its clock went back
	r := newRun(s)
	enough := errors.New("enough")
	r.Deliver = func(_ context.Context, record *kgo.Record) error {
		if record.Offset == 7 {
			return enough
		}
		return nil
	}
	plan, err := r.Plan(t.Context(), raw, Span{From: noon.Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.Run(t.Context(), plan)
	if !errors.Is(err, enough) || report.Done != 1 || report.Total().Records != 6 {
		t.Errorf("%+v, %v", report, err)
	}
	if again := plan.Earliest(report.Done); !again.Equal(noon.Add(time.Second)) {
		t.Errorf("go on from %s", again)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.fail = func(string, []byte) (io.Reader, error) { return nil, errors.New("cut") }
	if report, err := r.Run(ctx, plan); !errors.Is(err, context.Canceled) || report.Done != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestTooManyObjectsAreRefusedRatherThanHeld(t *testing.T) {
	t.Parallel()
	r := newRun(nil)
	r.Archive = endless{}
	if _, err := r.Plan(t.Context(), raw, Span{}); !errors.Is(err, errTooMany) {
		t.Errorf("%v", err)
	}
}

type endless struct{ *store }

// Objects lists more than anybody can hold.
func (endless) Objects(_ context.Context, _ string, each func(archived.Listed) error) error {
	for n := range int64(maxObjects + 1) {
		if err := each(archived.Listed{Object: archived.Object{First: n}}); err != nil {
			return err
		}
	}
	return nil
}
