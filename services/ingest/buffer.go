package ingest

import (
	"context"
	"io"
	"sync"

	"catsvdogs/services/pipeline/tweet"
)

// recordOverhead is counted for each record beside its value: key, headers and the structure itself.
const recordOverhead = 512

func sizeOf(r *tweet.Raw) int64 { return int64(len(r.Value)) + recordOverhead }

// buffer holds records between one reader and one writer, bounded by bytes: posts differ in size by a factor of
// hundreds, so a bound on their number would bound nothing.
type buffer struct {
	limit  int64
	onWait func() (ended func()) // told that put waits, and when it has ended
	onSize func(bytes int64)

	mu     sync.Mutex
	queue  []tweet.Raw
	head   int // records before it are taken
	bytes  int64
	closed bool

	added chan struct{} // holds a token when there may be something to take
	taken chan struct{} // holds a token when there may be room
}

func newBuffer(limit int64, onWait func() func(), onSize func(int64)) *buffer {
	return &buffer{
		limit: limit, onWait: onWait, onSize: onSize,
		added: make(chan struct{}, 1), taken: make(chan struct{}, 1),
	}
}

// put adds a record, waiting for room while ctx lives. Once ctx has ended it takes the record without room: a stop must
// not lose what has been received, and the reader stops by itself.
func (b *buffer) put(ctx context.Context, r tweet.Raw) {
	if b.offer(r, false) {
		return
	}
	defer b.onWait()()
	for {
		select {
		case <-b.taken:
			if b.offer(r, false) {
				return
			}
		case <-ctx.Done():
			b.offer(r, true)
			return
		}
	}
}

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

// take returns the oldest records, at least one and at most maxRecords of together at most maxBytes, waiting for the
// first. It returns io.EOF when the buffer is closed and empty, and ctx's cause when that ends first.
func (b *buffer) take(ctx context.Context, maxRecords int, maxBytes int64) ([]tweet.Raw, error) {
	for {
		records, closed := b.poll(maxRecords, maxBytes)
		if len(records) > 0 {
			return records, nil
		}
		if closed {
			return nil, io.EOF
		}
		select {
		case <-b.added:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

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

// left returns how many records have not been taken.
func (b *buffer) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue) - b.head
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one token is enough: who takes it looks for everything
	}
}
