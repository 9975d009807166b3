package simulator

import (
	"context"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

// keepEvery is how often the world is looked after while no stream does.
const keepEvery = 50 * time.Millisecond

// disturbEvery is how often a fault is tried that is switched on, or that has
// found nothing to be done to yet.
const disturbEvery = 500 * time.Millisecond

// keep lets the world go on while no stream is attached, so that there is
// something to be missed, and carries out the faults that need no stream. It
// returns when ctx ends.
func (f *feed) keep(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.idle:
		case <-timer.C:
		}
		waiting := f.disturb()
		f.emit.Lock()
		wait := asleep
		if !f.attached {
			// An error here is one of the available file's, which stops the server.
			wait, _ = f.pass(f.now())
		}
		f.emit.Unlock()
		if waiting {
			wait = min(wait, disturbEvery)
		}
		if wait > 0 {
			wait = max(wait, keepEvery)
		}
		timer.Reset(wait)
	}
}

// pass makes what is due without telling anybody, and says how long nothing
// will be; 0 when it has not made all. With emit held.
func (f *feed) pass(now time.Time) (wait time.Duration, err error) {
	if !f.ready(now, f.state()) {
		return asleep, nil
	}
	if arrears := now.Sub(f.world.Due()); arrears > maxArrears {
		f.metrics.late.Add(arrears.Seconds())
		f.world.Advance(now)
	}
	f.fresh = f.fresh[:0]
	// Bounded, because whoever leaves or pauses waits for the lock.
	for arrivals := 0; arrivals < maxBatchLines/4 && !f.world.Due().After(now); arrivals++ {
		if p := f.world.Next(); p != nil && !f.chronicle.Ended(p) {
			f.chronicle.Add(p, f.applied.asked, false)
			f.fresh = append(f.fresh, line{kind: versionKind(p), id: p.ID, first: p.First, at: p.At})
		}
	}
	return max(f.world.Due().Sub(now), 0), f.made(f.fresh)
}

// disturb carries out the faults that are about posts and rules alone, and says
// whether any are left to be done.
func (f *feed) disturb() (waiting bool) {
	acts := map[faultplan.Name]func(faultplan.Act) bool{
		faultplan.Deletions:         func(a faultplan.Act) bool { return f.chronicle.DeleteNewest(a.Count, f.now()) > 0 },
		faultplan.RulesSilentlyLost: func(faultplan.Act) bool { return f.rules.removeAll().Deleted > 0 },
		faultplan.Edits:             func(a faultplan.Act) bool { return f.revise(a.Count) },
	}
	for name, carryOut := range acts {
		if act, ok := f.board.Next(name); ok && carryOut(act) {
			f.board.Take(name)
			f.board.Fired(name)
			f.stir()
		}
		_, more := f.board.Next(name)
		waiting = waiting || more
	}
	return waiting
}

// revise lets the authors of the last posts edit them.
func (f *feed) revise(n int) bool {
	f.emit.Lock()
	defer f.emit.Unlock()
	revised := false
	for _, again := range f.chronicle.Newest(n, f.now()) {
		revised = f.world.Revise(again.Post) || revised
	}
	return revised
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

// flood lets the world hurry while that is ordered. With emit held.
func (f *feed) flood(now time.Time) {
	if !f.flooded.IsZero() && !now.Before(f.flooded) {
		f.flooded = time.Time{}
		f.world.Hurry(1)
	}
	if !f.flooded.IsZero() {
		return
	}
	if act, ok := f.board.Take(faultplan.Flood); ok {
		f.flooded = now.Add(act.For)
		f.world.Hurry(float64(act.Count))
		f.board.Fired(faultplan.Flood)
	}
}
