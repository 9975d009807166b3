package spool

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// begins are the places at which the records of a segment begin, the first of which has this number.
func begins(t *testing.T, segment []byte, first int) (at []int) {
	t.Helper()
	for place := len(magic); place < len(segment); first++ {
		at = append(at, place)
		place += len(frame(t, first))
	}
	return at
}

// without is from, from+1 … to-1 without some.
func without(from, to int, lost ...int) (numbers []int) {
	for n := from; n < to; n++ {
		if !slices.Contains(lost, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func TestDamageCostsTheRecordsThatItIsInAndNoOthers(t *testing.T) {
	t.Parallel()
	const n = 400
	for name, c := range map[string]struct {
		damage func(b []byte, at []int)
		lost   []int // of the segment
	}{
		"a bit":                  {func(b []byte, at []int) { b[at[10]+500] ^= 4 }, []int{10}},
		"a length":               {func(b []byte, at []int) { b[at[10]+3] = 0x7f }, []int{10}},
		"a length that is less":  {func(b []byte, at []int) { b[at[10]+1]-- }, []int{10}},
		"a length that is more":  {func(b []byte, at []int) { b[at[10]+1] += 5 }, []int{10}},
		"zeros":                  {func(b []byte, at []int) { clear(b[at[10] : at[10]+600]) }, []int{10}},
		"noise":                  {func(b []byte, at []int) { copy(b[at[10]+50:], bytes.Repeat([]byte{0xff}, 200)) }, []int{10}},
		"over several records":   {func(b []byte, at []int) { clear(b[at[10]+20 : at[13]+20]) }, []int{10, 11, 12, 13}},
		"in several places":      {func(b []byte, at []int) { b[at[0]+9]++; b[at[1]+9]++; b[at[30]+9]++; b[at[len(at)-1]+9]++ }, []int{0, 1, 30, -1}},
		"the end, not cut off":   {func(b []byte, at []int) { b[at[len(at)-2]+9]++; b[at[len(at)-1]+9]++ }, []int{-2, -1}},
		"the mark of the format": {func(b []byte, _ []int) { b[0] = 'x' }, nil},
		"the mark and the first": {func(b []byte, at []int) { clear(b[:at[1]+5]) }, []int{0, 1}},
	} {
		for _, running := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, running=%t", name, running), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				s := reopen(t, dir)
				add(t, s, 0, n)
				segments := files(t, dir, segmentSuffix)
				if len(segments) < 4 {
					t.Fatalf("%d segments", len(segments))
				}
				b, err := os.ReadFile(segments[1])
				if err != nil {
					t.Fatal(err)
				}
				one, err := os.ReadFile(segments[0])
				if err != nil {
					t.Fatal(err)
				}
				first := len(begins(t, one, 0))
				at := begins(t, b, first)
				c.damage(b, at)
				if !running {
					_ = s.Close()
				}
				if err := os.WriteFile(segments[1], b, 0o600); err != nil {
					t.Fatal(err)
				}
				if !running {
					s = reopen(t, dir)
				}
				var lost []int
				for _, l := range c.lost {
					lost = append(lost, first+(l+len(at))%len(at))
				}
				got := drain(t, s, 7)
				if want := without(0, n, lost...); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if counted := testutil.ToFloat64(s.metrics.corrupt); counted == 0 && (!running || len(lost) > 0) || counted > 5000 {
					t.Errorf("%v bytes counted", counted)
				}
				// A mark that is damaged after the file was read through is not seen.
				if aside := files(t, dir, corruptSuffix); len(aside) != 1 && (!running || len(lost) > 0) {
					t.Errorf("set aside %v", aside)
				}
				if records, bytes := s.Left(); records != 0 || bytes != 0 {
					t.Errorf("%d records and %d bytes are left", records, bytes)
				}
			})
		}
	}
}

func TestWhatIsDoneWithStaysSoWhereThereIsDamage(t *testing.T) {
	t.Parallel()
	const n = 40
	for done := range 20 {
		dir := t.TempDir()
		s := reopen(t, dir)
		add(t, s, 0, n)
		name := files(t, dir, segmentSuffix)[0]
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		at := begins(t, b, 0)
		if err := s.Done(done); err != nil { // not read before: they were in memory as well
			t.Fatal(err)
		}
		_ = s.Close()
		clear(b[at[8]+3 : at[12]+3])
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			s = reopen(t, dir)
			records, err := s.Read(100, megabyte)
			want := without(max(done, 0), n, 8, 9, 10, 11, 12)
			if err != nil || len(records) == 0 || number(t, records[0]) != want[0] {
				t.Fatalf("%d done: %d records, %v", done, len(records), err)
			}
			if left, _ := s.Left(); int(left) != len(want) {
				t.Errorf("%d done: %d are left, want %d", done, left, len(want))
			}
			_ = s.Close()
		}
		s = reopen(t, dir)
		// Over the damage without having read it.
		left := without(done, n, 8, 9, 10, 11, 12)
		if err := s.Done(len(left) - 5); err != nil {
			t.Fatal(err)
		}
		if got := drain(t, s, 3); !slices.Equal(got, without(n-5, n)) {
			t.Errorf("%d done: %v come at last", done, got)
		}
	}
}

func TestASegmentOfAnotherFormatIsNotReadAsOneOfOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 10)
	_ = s.Close()
	name := files(t, dir, segmentSuffix)[0]
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	copy(b, family+"2\n")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, dir)
	if aside := files(t, dir, corruptSuffix); !s.Empty() || len(aside) != 1 {
		t.Errorf("%v is set aside", aside)
	}
}

// FuzzLook: whatever the bytes, looking ends, holes and records do not overlap, and whole records behind damage are found.
func FuzzLook(f *testing.F) {
	record := appendRecord(make([]byte, frameHeader), &Record{Key: []byte("k"), Value: []byte(`{"id":"1"}`)})
	sealFrame(record)
	f.Add([]byte("damage"))
	f.Add(record)
	f.Add(append(bytes.Clone(record), 0, 0, 0, 0, 11, 0, 0, 0))
	f.Add(record[:len(record)-3])
	f.Fuzz(func(t *testing.T, damage []byte) {
		if len(damage) > 1<<16 {
			return
		}
		b := slices.Concat(record, damage, record)
		at, holed := int64(0), int64(0)
		got, err := look(bytes.NewReader(b), 0, int64(len(b)), func(place int64, over *hole) {
			if over != nil && over.from != at || place <= at {
				t.Fatalf("at %d comes %d over %v", at, place, over)
			}
			if over != nil {
				holed += over.to - over.from
			}
			at = place
		})
		if err != nil || got.records < 1 || got.end != at || holed > int64(len(damage)) {
			t.Fatalf("%+v, %v", got, err)
		}
		if bytes.IndexByte(damage, 0) < 0 && (got.records < 2 || got.end != int64(len(b))) {
			t.Fatalf("the record behind the damage is lost: %+v", got)
		}
	})
}
