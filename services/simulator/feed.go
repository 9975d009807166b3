package simulator

import (
	"context"
	"sync"
	"time"

	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/fault"
	"catsvdogs/services/simulator/faultplan"
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
	// maxCatchUp bounds what is made up for before a stream begins.
	maxCatchUp = 8
	// asleep is how long to wait when only a wake-up can bring something.
	asleep = time.Hour

	lineEnd = "\r\n"
)

// feed turns the world into lines on a connection and counts them. While no
// stream is attached the world goes on and is only remembered. One stream uses
// it at a time; all else comes from other goroutines.
type feed struct {
	rules        *ruleSet
	truth        *truth
	available    *available
	metrics      *metrics
	now          func() time.Time
	limit        int64 // distinct posts, 0 for no end
	writeTimeout time.Duration
	board        *faultplan.Board
	chronicle    *chronicle.Chronicle
	// wake tells the stream that pause, rules or faults have changed, and idle
	// tells the keeper.
	wake, idle chan struct{}

	// emit is held from the decision to write until the count is made, so that
	// whoever holds it knows that nothing is on its way. It guards the rest.
	emit     sync.Mutex
	world    *world.World
	faults   *fault.Maker
	applied  *ruleSnapshot
	attached bool
	buf      []byte
	lines    []line // of the batch
	fresh    []line // posts made for it
	handed   []handover
	flooded  time.Time // until when; zero while nothing is

	stateMu sync.Mutex // guards counts, for readers that must not wait for a write
	counts  counts
}

// connect attaches a stream: what the world has said before is not told.
func (f *feed) connect() error {
	f.emit.Lock()
	defer f.emit.Unlock()
	now := f.now()
	for range maxCatchUp {
		if wait, err := f.pass(now); err != nil || wait > 0 {
			f.attached = err == nil
			return err
		}
	}
	f.world.Advance(now)
	f.attached = true
	return nil
}

// leave lets the world go on without a stream.
func (f *feed) leave() {
	f.emit.Lock()
	f.attached = false
	f.emit.Unlock()
	f.stir()
}

// ready says whether the world may speak, and lets its clock go on if not.
func (f *feed) ready(now time.Time, made counts) bool {
	f.applyRules(now)
	f.flood(now)
	if made.paused || f.finished(made) || f.applied.asked.Empty() {
		f.world.Advance(now)
		return false
	}
	return true
}

// send writes what is due, if anything, and says how long nothing will be.
func (f *feed) send(ctx context.Context, d *delivery) (sent bool, wait time.Duration, err error) {
	f.emit.Lock()
	defer f.emit.Unlock()
	now, made := f.now(), f.state()
	if ctx.Err() != nil || !f.ready(now, made) {
		return false, asleep, nil
	}
	if arrears := now.Sub(f.world.Due()); arrears > maxArrears {
		f.metrics.late.Add(arrears.Seconds())
		f.world.Advance(now)
	}
	f.prepare(d, now)
	full := f.fill(now, made, d)
	if err := f.made(f.fresh); err != nil {
		return false, 0, err
	}
	if len(f.lines) == 0 {
		return false, max(f.world.Due().Sub(now), 0), nil
	}
	if err := f.flush(ctx, d); err != nil {
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
	if f.applied == nil || f.applied.asked.Empty() {
		f.world.Advance(now) // nothing was asked for until now
	}
	f.world.SetEra(rules.asked.Era)
	f.applied = rules
}

// fill collects the lines that are due by now and says whether it stopped for
// want of room, so that more may be due.
func (f *feed) fill(now time.Time, made counts, d *delivery) (full bool) {
	f.buf, f.lines, f.fresh = append(f.buf[:0], chunkHead...), f.lines[:0], f.fresh[:0]
	f.inject(d, now)
	for arrivals := 0; !f.world.Due().After(now); arrivals++ {
		if arrivals == maxBatchLines || len(f.buf) >= maxBatchBytes {
			return true
		}
		p := f.world.Next()
		if p == nil || f.chronicle.Ended(p) {
			continue
		}
		for f.faults.Strikes() {
			f.buf = f.faults.Append(f.buf, p.At)
			f.endLine(line{kind: kindMalformed, at: p.At})
			if len(f.buf) >= maxBatchBytes {
				break
			}
		}
		made.posts += f.deliver(p, made, d)
		if f.finished(made) || d.enough() {
			break
		}
	}
	return false
}

// deliver appends the line of a post that was just made and says how many
// posts the client sees for the first time.
func (f *feed) deliver(p *world.Post, made counts, d *delivery) (posts int64) {
	holding := d.window > 0
	known := f.chronicle.Add(p, f.applied.asked, !holding)
	f.fresh = append(f.fresh, line{kind: versionKind(p), id: p.ID, first: p.First, at: p.At})
	if holding {
		return f.hold(p, made, d)
	}
	if p.IsEdit() && known {
		f.write(p, f.applied.asked, kindEdit, d)
		return 0
	}
	f.write(p, f.applied.asked, kindPost, d)
	return 1
}

func versionKind(p *world.Post) lineKind {
	if p.IsEdit() {
		return kindEdit
	}
	return kindPost
}

// write appends the line of a version. It has the same bytes whenever it is
// written, so that a line that is delivered again is the one that was.
func (f *feed) write(p *world.Post, asked *chronicle.Asked, kind lineKind, d *delivery) {
	f.buf = wire.AppendPost(f.buf, f.chronicle.AsDelivered(p), d.fields, asked.Matching)
	f.endLine(line{kind: kind, id: p.ID, first: p.First, at: p.At})
	d.wrote()
}

func (f *feed) endLine(l line) {
	f.buf = append(f.buf, lineEnd...)
	l.end = len(f.buf)
	f.lines = append(f.lines, l)
}

// stir wakes the stream and the keeper; one that is awake already needs nothing.
func (f *feed) stir() {
	for _, sleeper := range []chan struct{}{f.wake, f.idle} {
		select {
		case sleeper <- struct{}{}:
		default:
		}
	}
}
