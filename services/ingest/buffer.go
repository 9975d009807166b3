package ingest

import (
	"slices"
	"sync"

	"catsvdogs/services/pipeline/tweet"
)

// recordOverhead is counted for each record beside its value: key, headers and the structure itself.
const recordOverhead = 512

func sizeOf(r *tweet.Raw) int64 { return int64(len(r.Value)) + recordOverhead }

// buffer holds records in memory between one reader and one writer, bounded by bytes: posts differ in size by a factor of
// hundreds, so a bound on their number would bound nothing.
type buffer struct {
	limit  int64
	onSize func(bytes int64)

	mu     sync.Mutex
	queue  []tweet.Raw
	head   int // records before it are taken
	bytes  int64
	closed bool

	added chan struct{} // holds a token when there may be something to take
	taken chan struct{} // holds a token when there may be room
}

func newBuffer(limit int64, onSize func(int64)) *buffer {
	return &buffer{limit: limit, onSize: onSize, added: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

// offer adds a record when there is room for it, or by force: a stop must not lose what has been received.
func (b *buffer) offer(r tweet.Raw, force bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	// A record larger than the whole bound passes when it is alone, else it would wait for ever.
	if !force && b.bytes > 0 && b.bytes+sizeOf(&r) > b.limit {
		return false
	}
	b.queue = append(b.queue, r)
	b.resized(sizeOf(&r))
	signal(b.added)
	return true
}

// poll takes the oldest records: when there are any at least one, and at most maxRecords of together at most maxBytes.
// closed says that no more will come.
func (b *buffer) poll(maxRecords int, maxBytes int64) (records []tweet.Raw, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	waiting := b.queue[b.head:]
	n, bytes := 0, int64(0)
	for n < min(len(waiting), maxRecords) {
		size := sizeOf(&waiting[n])
		if n > 0 && bytes+size > maxBytes {
			break
		}
		n, bytes = n+1, bytes+size
	}
	records = append(records, waiting[:n]...)
	clear(waiting[:n]) // the queue must not keep alive what the writer has
	b.head += n
	if b.head > len(b.queue)/2 {
		left := copy(b.queue, b.queue[b.head:])
		clear(b.queue[left:])
		b.queue = b.queue[:left]
		b.head = 0
	}
	if n > 0 {
		b.resized(-bytes)
		signal(b.taken)
	}
	return records, b.closed
}

func (b *buffer) resized(by int64) {
	b.bytes += by
	b.onSize(b.bytes)
}

// close says that nothing will be put any more.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	signal(b.added)
}

// waiting returns the records that have not been taken.
func (b *buffer) waiting() []tweet.Raw {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.queue[b.head:])
}

// halfEmpty says whether the writer keeps up.
func (b *buffer) halfEmpty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes <= b.limit/2
}

// clear drops what has not been taken. Who waits to take looks elsewhere then.
func (b *buffer) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue, b.head = nil, 0
	b.resized(-b.bytes)
	signal(b.added)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one token is enough: who takes it looks for everything
	}
}
