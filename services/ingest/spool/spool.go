package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
)

// SyncEvery is how long a record may be in the page cache alone. A sync takes a disk some milliseconds, so five a second
// cost little, and a fifth of a second of posts is what the source sends again anyway after a crash.
const SyncEvery = 200 * time.Millisecond

// Bounds on a segment, of which a spool has some thirty.
const (
	minSegmentBytes = 64 << 10
	maxSegmentBytes = 256 << 20
)

var (
	// ErrInUse says that another process uses the folder.
	ErrInUse = errors.New("another process uses it")
	// ErrFull says that a record does not fit into the bound.
	ErrFull = errors.New("the spool is full")
)

// Options say how to spool.
type Options struct {
	Dir        string // made when it is not there
	MaxBytes   int64  // of all segments together
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// file is what a segment is written to.
type file interface {
	WriteAt(b []byte, at int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Spool is a queue of records on disk, for one goroutine that appends and one that reads.
type Spool struct {
	dir      string
	maxBytes int64
	logger   *slog.Logger
	metrics  *metrics
	lock     *flock.Flock
	position *os.File
	create   func(name string) (file, error)
	told     atomic.Int64 // when a failure was told last, in Unix seconds

	// The appender's.
	frame []byte

	// The reader's.
	sizes    []int64 // of the frames that were read last
	reading  *os.File
	readFor  uint64 // the segment that reading is
	failures int    // in a row

	mu       sync.Mutex
	segments []*segment // oldest first; all that is in them is good
	head     int64      // up to where the oldest is done with
	records  int64
	next     uint64 // number of the next segment
	active   file   // what the newest is written to; nil when the next record begins another
	uncut    bool   // behind the end of the newest there is what a failed write left
	timer    *time.Timer
	timed    bool // a sync is due
}

// Open opens the spool in a folder and reads it through. What an earlier process left there comes out first. The error
// wraps ErrInUse when another process has it open.
func Open(o Options) (*Spool, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the spool: %w", err)
	}
	lock := flock.New(filepath.Join(o.Dir, "lock"))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		err = ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("lock the spool in %s: %w", o.Dir, err)
	}
	s := &Spool{
		dir: o.Dir, maxBytes: o.MaxBytes, logger: o.Logger, metrics: newMetrics(o.Registerer), lock: lock, next: 1,
		create: func(name string) (file, error) {
			return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		},
	}
	s.timer = time.AfterFunc(time.Hour, s.syncTimed)
	s.timer.Stop()
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read the spool in %s: %w", o.Dir, err), s.Close())
	}
	return s, nil
}

// Empty says whether everything in the spool is done with.
func (s *Spool) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records == 0
}

// Left is how many records are not done with, and how many bytes the files have that they are in.
func (s *Spool) Left() (records, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records, s.bytes()
}

// Close syncs what is in the spool and lets go of the folder.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
	var errs []error
	if s.active != nil {
		errs = append(errs, s.active.Sync(), s.active.Close())
		s.active = nil
	}
	if s.reading != nil {
		errs = append(errs, s.reading.Close())
		s.reading = nil
	}
	if s.position != nil {
		errs = append(errs, s.position.Close())
		s.position = nil
	}
	if err := errors.Join(append(errs, s.lock.Close())...); err != nil {
		return fmt.Errorf("close the spool: %w", err)
	}
	return nil
}

// bytes is how much the segments take on disk.
func (s *Spool) bytes() int64 {
	sum := int64(0)
	for _, g := range s.segments {
		sum += g.end + g.bad
	}
	return sum
}

func (s *Spool) segmentBytes() int64 {
	return min(max(s.maxBytes/32, minSegmentBytes), maxSegmentBytes)
}

func (s *Spool) show() {
	s.metrics.bytes.Set(float64(s.bytes()))
	s.metrics.waiting.Set(float64(s.records))
}

func (s *Spool) path(number uint64) string { return filepath.Join(s.dir, segmentName(number)) }

// syncDir makes the names in the folder durable.
func (s *Spool) syncDir() error {
	d, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
