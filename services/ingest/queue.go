package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"catsvdogs/services/ingest/spool"
	"catsvdogs/services/pipeline/tweet"
)

// queue holds what has been read and is not acknowledged, for one reader and one writer: in memory, and on disk when that
// is full for too long. Records come out in the order in which they went in.
//
// Either nothing is on disk, or everything that is not acknowledged: spooling begins with what is in memory and on its way,
// and nothing goes past the disk until the disk is empty. So what a crash takes away is always the newest, and what is left
// on disk continues the log. Where a source reads its position back from the log (see recall), it is enough to write what
// is on disk before the source starts: the log then holds a beginning of what was delivered, as without a spool.
type queue struct {
	memory  *buffer
	disk    *spool.Spool  // nil for none
	after   time.Duration // how long reading has waited before it spools
	logger  *slog.Logger
	metrics *metrics
	status  func(reason string) // told while something is on disk

	// The reader's.
	waits   func() (ended func())
	waited  time.Duration // since memory was half empty, or spooling was tried
	told    time.Time     // when it was logged last that the spool does not take records
	refused bool          // the spool has not taken the last record
	forced  bool          // the end went into memory although something is on disk

	mu       sync.Mutex
	inFlight []tweet.Raw // taken from memory and not done with
	inSpool  bool        // what is being written is on disk, too
	moving   bool        // what is in memory is being copied to disk, of which nothing is to be taken meanwhile
	written  int         // records done with that came from memory
}

// Reasons of not being ready.
const (
	reasonSpooling = "what is read goes to disk, because the broker is slow or away"
	reasonLeftover = "writing what an earlier run has left on disk"
)

func newQueue(cfg Config, disk *spool.Spool, logger *slog.Logger, m *metrics, status func(string)) *queue {
	return &queue{
		memory: newBuffer(cfg.BufferBytes, func(n int64) { m.buffered.Set(float64(n)) }),
		disk:   disk, after: cfg.Spool.SpoolAfter, logger: logger, metrics: m, status: status, waits: m.readingWaits(logger),
	}
}

// onDisk says whether something is on disk.
func (q *queue) onDisk() bool { return q.disk != nil && !q.disk.Empty() }

// put adds a record, waiting for room while ctx lives. Once ctx has ended it takes the record without room: a stop must
// not lose what has been received, and the reader stops by itself.
func (q *queue) put(ctx context.Context, r tweet.Raw) {
	if q.offer(&r) {
		return
	}
	defer q.waits()()
	began := time.Now()
	var late <-chan time.Time
	if q.disk != nil {
		timer := time.NewTimer(max(0, q.after-q.waited))
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-q.memory.taken:
		case <-late:
			q.waited, began = 0, time.Now()
			if q.begin(&r) {
				return
			}
			late = time.After(q.after) // the disk may have room by then
		case <-ctx.Done():
			q.putLast(&r)
			return
		}
		if q.offer(&r) {
			q.waited += time.Since(began)
			return
		}
	}
}

func (q *queue) offer(r *tweet.Raw) bool {
	if q.onDisk() && !q.forced {
		return q.spool(r)
	}
	if !q.memory.offer(*r, false) {
		return false
	}
	if q.memory.halfEmpty() {
		q.waited = 0
		if q.refused {
			q.spoolTakes(nil) // as far as anybody knows
		}
	}
	return true
}

// putLast adds a record that there may be no room for.
func (q *queue) putLast(r *tweet.Raw) {
	if q.onDisk() && !q.forced {
		record := spooled(r)
		if q.disk.AppendLast(&record) == nil {
			signal(q.memory.added)
			return
		}
		q.forced = true
	}
	q.memory.offer(*r, true)
}
