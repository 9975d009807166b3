package simulator

import (
	"context"
	"sync"
	"time"

	"catsvdogs/services/simulator/fault"
	"catsvdogs/services/simulator/wire"
	"catsvdogs/services/simulator/world"
)

const (
	// batchEvery is the shortest time between two writes: at tens of thousands
	// of posts a second one system call for each would be most of the work.
	batchEvery = 4 * time.Millisecond
	// maxBatchLines (arrivals, of which some bring no line) and maxBatchBytes
	// bound one write. A batch exceeds the bytes by its last two lines at most.
	maxBatchLines = 2048
	maxBatchBytes = 512 << 10
	// maxArrears is how far the world may lag behind the clock before what was
	// due is left out: a client that was slow for a while gets no flood later.
	maxArrears = time.Second
	// asleep is how long to wait when only a wake-up can bring something.
	asleep = time.Hour
)

// feed turns the world into lines on a connection and counts them. One stream
// uses it at a time; pause, resume and state come from other goroutines.
type feed struct {
	rules        *ruleSet
	truth        *truth
	metrics      *metrics
	now          func() time.Time
	limit        int64 // distinct posts, 0 for no end
	writeTimeout time.Duration
	// wake tells the stream that pause or rules have changed.
	wake chan struct{}

	// emit is held from the decision to write until the count is made, so that
	// whoever holds it knows that nothing is on its way. It guards the rest.
	emit    sync.Mutex
	world   *world.World
	faults  *fault.Maker
	applied *ruleSnapshot
	buf     []byte
	lines   []line

	stateMu sync.Mutex // guards counts, for readers that must not wait for a write
	counts  counts
}

// connect begins a stream: what the world would have said before is not told.
func (f *feed) connect() {
	f.emit.Lock()
	defer f.emit.Unlock()
	f.world.Advance(f.now())
}

// send writes what is due, if anything, and says how long nothing will be.
func (f *feed) send(ctx context.Context, conn deadlineWriter, fields wire.Fields) (sent bool, wait time.Duration, err error) {
	f.emit.Lock()
	defer f.emit.Unlock()
	now, made := f.now(), f.state()
	f.applyRules(now)
	if ctx.Err() != nil || made.paused || f.finished(made) || len(f.applied.rules) == 0 {
		f.world.Advance(now)
		return false, asleep, nil
	}
	if arrears := now.Sub(f.world.Due()); arrears > maxArrears {
		f.metrics.late.Add(arrears.Seconds())
		f.world.Advance(now)
	}
	full := f.fill(now, made, fields)
	if len(f.lines) == 0 {
		return false, max(f.world.Due().Sub(now), 0), nil
	}
	if err := f.flush(ctx, conn); err != nil {
		return false, 0, err
	}
	if full {
		return true, 0, nil
	}
	return true, max(f.world.Due().Sub(f.now()), batchEvery), nil
}

// applyRules takes over the rules that are in force.
func (f *feed) applyRules(now time.Time) {
	rules := f.rules.snapshot()
	if rules == f.applied {
		return
	}
	if f.applied == nil || len(f.applied.rules) == 0 {
		f.world.Advance(now) // nothing was asked for until now
	}
	f.world.SetRules(rules.rules)
	f.applied = rules
}

// fill collects the lines that are due by now and says whether it stopped for
// want of room, so that more may be due.
func (f *feed) fill(now time.Time, made counts, fields wire.Fields) (full bool) {
	f.buf, f.lines = append(f.buf[:0], chunkHead...), f.lines[:0]
	for arrivals := 0; !f.world.Due().After(now); arrivals++ {
		if arrivals == maxBatchLines || len(f.buf) >= maxBatchBytes {
			return true
		}
		p := f.world.Next()
		if p == nil {
			continue
		}
		for f.faults.Strikes() {
			f.buf = f.faults.Append(f.buf, p.At)
			f.endLine(line{kind: kindMalformed, at: p.At})
			if len(f.buf) >= maxBatchBytes {
				break
			}
		}
		f.buf = wire.AppendPost(f.buf, p, fields, f.applied.matching)
		kind := kindEdit
		if !p.IsEdit() {
			kind = kindPost
			made.posts++
		}
		f.endLine(line{kind: kind, id: p.ID, first: p.First, at: p.At})
		if f.finished(made) {
			break
		}
	}
	return false
}

func (f *feed) endLine(l line) {
	f.buf = append(f.buf, "\r\n"...)
	l.end = len(f.buf)
	f.lines = append(f.lines, l)
}

// flush writes the batch and counts the lines that the connection took whole.
func (f *feed) flush(ctx context.Context, conn deadlineWriter) error {
	n, err := writeFilled(conn, f.deadline(ctx), &f.buf)
	whole := 0
	for whole < len(f.lines) && f.lines[whole].end <= n {
		whole++
	}
	f.count(f.lines[:whole])
	for _, l := range f.lines[whole:] {
		// Nobody saw the post, so nobody may see its edits as edits.
		f.world.Forget(l.first)
	}
	if truthErr := f.truth.record(f.lines[:whole]); truthErr != nil {
		return truthErr
	}
	return err
}

// writeChunk writes bytes that count as nothing: a keep-alive, the end.
func (f *feed) writeChunk(ctx context.Context, conn deadlineWriter, chunk []byte) error {
	_, err := writeBy(conn, f.deadline(ctx), chunk)
	return err
}

func (f *feed) deadline(ctx context.Context) time.Time {
	if ctx.Err() != nil {
		return f.now().Add(lastWriteTimeout)
	}
	return f.now().Add(f.writeTimeout)
}

// pause returns when the last line is counted and in the truth file.
func (f *feed) pause() {
	f.emit.Lock()
	defer f.emit.Unlock()
	f.setPaused(true)
}

func (f *feed) resume() {
	f.emit.Lock()
	defer f.emit.Unlock()
	f.world.Advance(f.now())
	f.setPaused(false)
	f.stir()
}

// stir wakes the stream; one that is awake already needs nothing.
func (f *feed) stir() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}
