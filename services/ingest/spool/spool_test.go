package spool

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/tweet"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		runChild(dir)
	}
	goleak.VerifyTestMain(m)
}

const megabyte = 1 << 20

// reopen opens the spool in a folder.
func reopen(t *testing.T, dir string) *Spool {
	t.Helper()
	s, err := Open(Options{Dir: dir, MaxBytes: megabyte, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Registerer: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// numbered is a record of about 1,000 bytes that says its number.
func numbered(n int) *Record {
	return &Record{
		Key: fmt.Append(nil, n%7), Value: fmt.Appendf(nil, "%930d", n), Time: time.Unix(int64(n), 0).UTC(),
		Headers: []tweet.Header{{Key: "source", Value: []byte("x")}},
	}
}

func number(t *testing.T, r Record) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(string(r.Value), &n); err != nil {
		t.Fatalf("record %q: %v", r.Value, err)
	}
	if want := numbered(n); !bytes.Equal(r.Key, want.Key) || !r.Time.Equal(want.Time) || len(r.Headers) != 1 {
		t.Errorf("record %d is %+v", n, r)
	}
	return n
}

func add(t *testing.T, s *Spool, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := s.Append(numbered(n)); err != nil {
			t.Fatalf("record %d: %v", n, err)
		}
	}
}

// drain takes everything out, in batches of atOnce.
func drain(t *testing.T, s *Spool, atOnce int) (numbers []int) {
	t.Helper()
	for {
		records, err := s.Read(atOnce, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return numbers
		}
		for _, r := range records {
			numbers = append(numbers, number(t, r))
		}
		if err := s.Done(len(records)); err != nil {
			t.Fatal(err)
		}
	}
}

// wantRun checks that numbers are from, from+1 … to-1.
func wantRun(t *testing.T, numbers []int, from, to int) {
	t.Helper()
	if len(numbers) != to-from {
		t.Errorf("%d records, want %d", len(numbers), to-from)
	}
	for i, n := range numbers {
		if n != from+i {
			t.Fatalf("at %d comes record %d, want %d", i, n, from+i)
		}
	}
}

func files(t *testing.T, dir, suffix string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRecordsComeOutInOrderWhileOthersComeIn(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	const n = 3000 // three times the bound
	var reader sync.WaitGroup
	freed := make(chan struct{}, 1)
	reader.Go(func() {
		for i := 0; i < n; {
			err := s.Append(numbered(i))
			switch {
			case err == nil:
				i++
			case errors.Is(err, ErrFull):
				<-freed
			default:
				t.Errorf("record %d: %v", i, err)
				return
			}
		}
	})
	var got []int
	for len(got) < n && !t.Failed() {
		got = append(got, drain(t, s, 37)...)
		select {
		case freed <- struct{}{}:
		default:
		}
	}
	reader.Wait()
	wantRun(t, got, 0, n)
	if left := files(t, s.dir, segmentSuffix); len(left) > 0 || testutil.ToFloat64(s.metrics.bytes) != 0 || testutil.ToFloat64(s.metrics.spooled) != n {
		t.Errorf("%v are left, %v bytes, %v spooled", left, testutil.ToFloat64(s.metrics.bytes), testutil.ToFloat64(s.metrics.spooled))
	}
}

func TestWhatIsReadStaysUntilItIsDone(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	add(t, s, 0, 10)
	for range 2 {
		records, err := s.Read(3, 1<<20)
		if err != nil || len(records) != 3 || number(t, records[0]) != 0 {
			t.Fatalf("%d records, %v", len(records), err)
		}
	}
	if err := s.Done(5); err != nil { // two of them were in memory as well
		t.Fatal(err)
	}
	if records, err := s.Read(100, 2500); err != nil || len(records) != 2 || number(t, records[0]) != 5 {
		t.Errorf("%d records in 2,500 bytes, %v", len(records), err)
	}
	if records, err := s.Read(100, 1); err != nil || len(records) != 1 {
		t.Errorf("%d records in a byte, %v", len(records), err)
	}
}

func TestTheBoundIsKeptAndAStopMayPassIt(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	n := 0
	for ; ; n++ {
		if err := s.Append(numbered(n)); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	onDisk := int64(0)
	for _, name := range files(t, s.dir, segmentSuffix) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		onDisk += info.Size()
	}
	if _, bytes := s.Left(); onDisk > megabyte || onDisk < megabyte-2000 || bytes != onDisk {
		t.Errorf("%d bytes on disk, it says %d", onDisk, bytes)
	}
	if err := s.AppendLast(numbered(n)); err != nil {
		t.Error(err)
	}
	wantRun(t, drain(t, s, 100), 0, n+1)
	if err := s.Append(numbered(0)); err != nil {
		t.Errorf("it is empty and takes nothing: %v", err)
	}
}

func TestWhatIsLeftComesFirstAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 500)
	if err := s.Done(123); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = reopen(t, dir)
	if n, _ := s.Left(); n != 377 {
		t.Errorf("%d records are left", n)
	}
	add(t, s, 500, 600)
	wantRun(t, drain(t, s, 100), 123, 600)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The numbers of segments go on, or the position of the old ones would count for the new.
	s = reopen(t, dir)
	add(t, s, 600, 610)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantRun(t, drain(t, reopen(t, dir), 100), 600, 610)
}

func TestAPositionThatCannotBeReadRepeatsRatherThanLoses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 50)
	if err := s.Done(20); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if err := os.WriteFile(filepath.Join(dir, positionName), []byte("half of a posi"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantRun(t, drain(t, reopen(t, dir), 100), 0, 50)
}

func TestTheUnfinishedEndIsDroppedAndCounted(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]func(segment []byte) []byte{
		"cut in the record":   func(b []byte) []byte { return b[:len(b)-400] },
		"cut in the header":   func(b []byte) []byte { return b[:len(b)-len(frame(t, 9))+5] },
		"zeros at the end":    func(b []byte) []byte { return append(b[:len(b)-len(frame(t, 9))], make([]byte, 5000)...) },
		"a page not written":  func(b []byte) []byte { clear(b[len(b)-300:]); return b },
		"the magic, unwhole":  func(b []byte) []byte { return b[:3] },
		"an empty new file":   func([]byte) []byte { return nil },
		"more than was wrote": func(b []byte) []byte { return append(b[:len(b)-len(frame(t, 9))], 0xe0, 3, 0, 0, 1, 2, 3, 4, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := reopen(t, dir)
			add(t, s, 0, 10)
			_ = s.Close()
			segment := files(t, dir, segmentSuffix)[0]
			whole, err := os.ReadFile(segment)
			if err != nil {
				t.Fatal(err)
			}
			broken := tail(bytes.Clone(whole))
			if err := os.WriteFile(segment, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			want := 9
			if len(broken) < len(magic) {
				want = 0
			}
			s = reopen(t, dir)
			if lost := testutil.ToFloat64(s.metrics.torn); len(broken) > 0 && lost == 0 || testutil.ToFloat64(s.metrics.corrupt) != 0 {
				t.Errorf("%v bytes counted as torn, %v as corrupt", lost, testutil.ToFloat64(s.metrics.corrupt))
			}
			add(t, s, want, 20)
			_ = s.Close()
			s = reopen(t, dir) // now it is not the newest any more
			wantRun(t, drain(t, s, 100), 0, 20)
			if aside := files(t, dir, corruptSuffix); len(aside) > 0 {
				t.Errorf("set aside: %v", aside)
			}
		})
	}
}

func frame(t *testing.T, n int) []byte {
	t.Helper()
	b := appendRecord(make([]byte, frameHeader), numbered(n))
	sealFrame(b)
	return b
}

func TestTwoProcessesDoNotShareAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	_, err := Open(Options{Dir: dir, MaxBytes: megabyte, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry()})
	if !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	_ = s.Close()
	reopen(t, dir)
}

func TestOtherFilesInTheFolderAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"7.spool", "notes", strings.Repeat("9", digits) + segmentSuffix + ".bak", strings.Repeat("x", digits) + segmentSuffix} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("of somebody else"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := reopen(t, dir)
	add(t, s, 0, 5)
	wantRun(t, drain(t, s, 5), 0, 5)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4+2 {
		t.Errorf("%v, %v", entries, err)
	}
}

// fullDisk is a file on a disk that has no more than room for some bytes.
type fullDisk struct {
	*os.File
	room *int
}

func (f fullDisk) WriteAt(b []byte, at int64) (int, error) {
	if n := *f.room; n < len(b) {
		*f.room = 0
		written, err := f.File.WriteAt(b[:n], at)
		return written, errors.Join(err, syscall.ENOSPC)
	}
	*f.room -= len(b)
	return f.File.WriteAt(b, at)
}

func TestAFullDiskIsToldAndNothingHalfWrittenStays(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		dir := t.TempDir()
		s := reopen(t, dir)
		room := 40_500
		s.create = func(name string) (file, error) {
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			return fullDisk{f, &room}, err
		}
		n := 0
		var err error
		for ; err == nil; n++ {
			err = s.Append(numbered(n))
		}
		n--
		if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, ErrFull) || n < 35 {
			t.Fatalf("record %d: %v", n, err)
		}
		if err := s.Append(numbered(n)); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("again: %v", err)
		}
		if restart {
			_ = s.Close()
			s = reopen(t, dir)
		} else {
			room = megabyte
		}
		add(t, s, n, n+50)
		wantRun(t, drain(t, s, 11), 0, n+50)
	}
}

func TestAShorterRecordLeavesNothingOfOneThatDidNotFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	room := 3000
	s.create = func(name string) (file, error) {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return fullDisk{f, &room}, err
	}
	if err := s.Append(&Record{Value: make([]byte, 10_000)}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	room = 1000
	if err := s.Append(&Record{Value: []byte("short")}); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	s = reopen(t, dir)
	if lost := testutil.ToFloat64(s.metrics.torn) + testutil.ToFloat64(s.metrics.corrupt); lost != 0 {
		t.Errorf("%v bytes are not records", lost)
	}
}

func TestWhatIsDoneWithDoesNotComeBackWhenTheEndIsMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 30)
	if err := s.Done(20); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if err := os.Truncate(files(t, dir, segmentSuffix)[0], int64(10*len(frame(t, 99)))); err != nil { // as a loss of power may
		t.Fatal(err)
	}
	s = reopen(t, dir)
	add(t, s, 30, 40)
	wantRun(t, drain(t, s, 100), 30, 40)
}

func TestDamageInTheNewestSegmentDoesNotReachWhatComesLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 10)
	f, err := os.OpenFile(files(t, dir, segmentSuffix)[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), 500); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if records, err := s.Read(100, megabyte); err != nil || len(records) != 9 || number(t, records[0]) != 1 {
		t.Errorf("%d records, %v", len(records), err)
	}
	add(t, s, 10, 20)
	wantRun(t, drain(t, s, 100), 1, 20)
}

func TestASegmentThatCannotBeReadDoesNotHoldUpTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 200)
	first := files(t, dir, segmentSuffix)[0]
	info, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	lost := int(info.Size()) / len(frame(t, 99))
	if err := errors.Join(os.Remove(first), os.Mkdir(first, 0o700)); err != nil { // it can be opened, and not be read
		t.Fatal(err)
	}
	for range triesToRead - 1 {
		if records, err := s.Read(10, megabyte); err == nil {
			t.Fatalf("read %d records", len(records))
		}
	}
	wantRun(t, drain(t, s, 100), lost, 200)
	if aside := files(t, dir, corruptSuffix); len(aside) != 1 {
		t.Errorf("set aside: %v", aside)
	}
}

func TestARecordThatNoBrokerWouldTakeIsRefused(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	if err := s.Append(&Record{Value: make([]byte, maxPayload+1)}); !errors.Is(err, errTooLarge) || !s.Empty() {
		t.Errorf("%v", err)
	}
}

func TestWhatIsClearedIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	add(t, s, 0, 300)
	s.Clear()
	if left := files(t, dir, segmentSuffix); len(left) > 0 || !s.Empty() {
		t.Errorf("%v", left)
	}
	add(t, s, 5, 9)
	wantRun(t, drain(t, s, 100), 5, 9)
}
