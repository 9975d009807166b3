package group

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Record is a record in hand.
type Record struct {
	*kgo.Record
	window *window
	number int64 // of the record among all that the window has had
}

// Done says that the record is safe further on, so that its offset may be committed once all before it are done. Call it
// from any goroutine; a second call changes nothing.
func (r *Record) Done() { r.window.progress.done(r) }

type partition struct {
	topic  string
	number int32
}

// Aside says that the record is not going to be done before somebody does something outside, so that a change of owner does
// not wait for it; with false, that it may be again. Call it from any goroutine.
func (r *Record) Aside(on bool) { r.window.progress.aside(r, on) }

// window is one partition while this member owns it. A partition that was taken away and comes back has another window, so
// what is done late for the first moves nothing in the second.
type window struct {
	progress *progress
	records  []held // in the order of the log, from the first that is not done
	first    int64  // number of the first of them
	inHand   int    // records that are not done
	aside    int    // those of them that are put aside
	safe     kgo.EpochOffset
	moved    bool            // safe is ahead of what is committed
	waiting  *sync.WaitGroup // of who waits until nothing is in hand that is not put aside; nil for nobody
}

// held is what a window keeps of a record.
type held struct {
	offset int64
	epoch  int32
	done   bool
	aside  bool
}

// progress knows what is in hand of each partition and what may be committed. Use it from any goroutine.
type progress struct {
	freed func(*kgo.Record) // told of each record that is done

	mu    sync.Mutex
	owned map[partition]*window
}

func newProgress(freed func(*kgo.Record)) *progress {
	return &progress{freed: freed, owned: map[partition]*window{}}
}

// take takes records in hand. Those of one partition come in the order of the log; offsets may be missing.
func (p *progress) take(polled []*kgo.Record) []*Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := make([]*Record, len(polled))
	for i, r := range polled {
		at := partition{r.Topic, r.Partition}
		w := p.owned[at]
		if w == nil {
			w = &window{progress: p}
			p.owned[at] = w
		}
		taken[i] = &Record{Record: r, window: w, number: w.first + int64(len(w.records))}
		w.records = append(w.records, held{offset: r.Offset, epoch: r.LeaderEpoch})
		w.inHand++
	}
	return taken
}

func (p *progress) done(r *Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := r.window
	h := w.find(r)
	if h == nil {
		return
	}
	h.done = true
	p.freed(r.Record)
	w.inHand--
	if h.aside {
		w.aside--
	}
	for len(w.records) > 0 && w.records[0].done {
		w.safe = kgo.EpochOffset{Epoch: w.records[0].epoch, Offset: w.records[0].offset + 1}
		w.moved = true
		w.records = w.records[1:]
		w.first++
	}
	w.tell()
}

func (p *progress) aside(r *Record, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := r.window.find(r)
	if h == nil || h.aside == on {
		return
	}
	h.aside = on
	if on {
		r.window.aside++
	} else {
		r.window.aside--
	}
	r.window.tell()
}

// find returns what is kept of a record; nil when it is done.
func (w *window) find(r *Record) *held {
	if r.number < w.first || w.records[r.number-w.first].done {
		return nil
	}
	return &w.records[r.number-w.first]
}

// tell tells who waits, once there is nothing more to wait for.
func (w *window) tell() {
	if w.inHand == w.aside && w.waiting != nil {
		w.waiting.Done()
		w.waiting = nil
	}
}

// await returns when nothing is in hand of these partitions but what is put aside, or when ctx has ended; true for the first.
func (p *progress) await(ctx context.Context, partitions map[string][]int32) bool {
	var waiting sync.WaitGroup
	p.mu.Lock()
	for _, w := range p.windows(partitions) {
		if w.inHand > w.aside && w.waiting == nil {
			waiting.Add(1)
			w.waiting = &waiting
		}
	}
	p.mu.Unlock()
	empty := make(chan struct{})
	go func() { waiting.Wait(); close(empty) }()
	select {
	case <-empty:
		return true
	case <-ctx.Done():
	}
	p.mu.Lock()
	for _, w := range p.windows(partitions) {
		if w.waiting == &waiting { // nobody waits any more, so the goroutine must not either
			waiting.Done()
			w.waiting = nil
		}
	}
	p.mu.Unlock()
	<-empty
	return false
}

// drop forgets partitions that this member does not own any more. What is done of them from now on moves nothing.
func (p *progress) drop(partitions map[string][]int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at := range p.windows(partitions) {
		delete(p.owned, at)
	}
}

// uncommitted returns the offsets that are safe and not committed; committed is to be called with what has been.
func (p *progress) uncommitted() map[string]map[int32]kgo.EpochOffset {
	p.mu.Lock()
	defer p.mu.Unlock()
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for at, w := range p.owned {
		if !w.moved {
			continue
		}
		if offsets[at.topic] == nil {
			offsets[at.topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[at.topic][at.number] = w.safe
	}
	return offsets
}

func (p *progress) committed(offsets map[string]map[int32]kgo.EpochOffset) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, w := range p.owned {
		if offset, ok := offsets[at.topic][at.number]; ok && offset == w.safe {
			w.moved = false
		}
	}
}

// windows returns those of the partitions that are owned.
func (p *progress) windows(partitions map[string][]int32) map[partition]*window {
	found := map[partition]*window{}
	for t, numbers := range partitions {
		for _, n := range numbers {
			if w := p.owned[partition{t, n}]; w != nil {
				found[partition{t, n}] = w
			}
		}
	}
	return found
}

// mostBehind is how many records of a partition may follow one that is not done. They are done and cannot be committed, so a
// crash does them again, and the book of them takes memory.
const mostBehind = 50_000

// stuck says of which partitions, out of those that are owned, nothing more is to be read for now.
func (p *progress) stuck() map[partition]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := map[partition]bool{}
	for at, w := range p.owned {
		if len(w.records) > mostBehind && len(w.records) > 2*w.inHand {
			found[at] = true
		}
	}
	return found
}
