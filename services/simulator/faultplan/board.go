package faultplan

import (
	"slices"
	"sync"
)

// maxOrders bounds what waits for an occasion, per fault: a drawn fault that
// has none (connects, on a stream that holds) would pile up for ever.
const maxOrders = 100

// Board keeps what is ordered and counts what has fired. Safe for concurrent
// use.
type Board struct {
	changed func()
	fired   func(Name)

	mu    sync.Mutex
	lines map[Name]*line
}

type line struct {
	fault  Fault
	queue  []Order
	on     *Order
	turn   int
	fired  int64
	missed int64
}

// NewBoard makes an empty board. changed is called after every change of what
// is ordered, fired after each firing; both outside of any lock.
func NewBoard(changed func(), fired func(Name)) *Board {
	b := &Board{changed: changed, fired: fired, lines: map[Name]*line{}}
	for _, f := range all() {
		b.lines[f.Name] = &line{fault: f}
	}
	return b
}

// Give takes an order. What waits beyond 100 orders of a fault is dropped and
// counted. The error is that of [Order.Check].
func (b *Board) Give(o Order) error {
	if err := o.Check(); err != nil {
		return err
	}
	b.mu.Lock()
	l := b.lines[o.Name]
	switch {
	case o.On:
		l.on = &o
	case len(l.queue) == maxOrders:
		l.missed += int64(o.Times)
	default:
		l.queue = append(l.queue, o)
	}
	b.mu.Unlock()
	b.changed()
	return nil
}

// Clear switches faults off and forgets what waits; without names, all.
func (b *Board) Clear(which ...Name) {
	b.mu.Lock()
	for name, l := range b.lines {
		if len(which) == 0 || slices.Contains(which, name) {
			l.on, l.queue = nil, nil
		}
	}
	b.mu.Unlock()
	b.changed()
}

// Off switches a fault off and leaves what waits.
func (b *Board) Off(name Name) {
	b.mu.Lock()
	if l := b.lines[name]; l != nil {
		l.on = nil
	}
	b.mu.Unlock()
	b.changed()
}

// Next says what the fault would do if there were an occasion now. Nothing is
// used up.
func (b *Board) Next(name Name) (Act, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines[name].next()
}

func (l *line) next() (Act, bool) {
	o := l.on
	if len(l.queue) > 0 {
		o = &l.queue[0]
	}
	if o == nil {
		return Act{}, false
	}
	a := Act{Name: l.fault.Name, Variant: o.Variant, Count: l.fault.Count, For: l.fault.For, Standing: o == l.on}
	if a.Variant == "" && len(l.fault.Variants) > 0 {
		a.Variant = l.fault.Variants[l.turn%len(l.fault.Variants)]
	}
	if o.Count > 0 {
		a.Count = o.Count
	}
	if o.For > 0 {
		a.For = o.For
	}
	return a, true
}

// Take uses up one firing. Whoever takes it calls [Board.Fired] when it has
// happened.
func (b *Board) Take(name Name) (Act, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[name]
	a, ok := l.next()
	if !ok {
		return a, false
	}
	l.turn++
	if len(l.queue) > 0 {
		if l.queue[0].Times--; l.queue[0].Times == 0 {
			l.queue = l.queue[1:]
		}
	}
	return a, true
}

// Fired counts a fault that has really happened.
func (b *Board) Fired(name Name) {
	b.mu.Lock()
	b.lines[name].fired++
	b.mu.Unlock()
	b.fired(name)
}

// On says whether a fault is switched on.
func (b *Board) On(name Name) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines[name].on != nil
}

// State is how a fault stands.
type State struct {
	Fault
	On      bool
	Waiting int   // firings that were ordered and had no occasion yet
	Dropped int64 // firings that were ordered while too many waited
	Fired   int64 // how often it has really happened
}

// State gives all faults, those of the catalogue first.
func (b *Board) State() []State {
	b.mu.Lock()
	defer b.mu.Unlock()
	var states []State
	for _, f := range all() {
		l := b.lines[f.Name]
		s := State{Fault: f, On: l.on != nil, Dropped: l.missed, Fired: l.fired}
		for _, o := range l.queue {
			s.Waiting += o.Times
		}
		states = append(states, s)
	}
	return states
}
