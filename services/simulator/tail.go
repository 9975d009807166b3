package simulator

import "time"

// Bounds on what is not sure to have been read when a connection ends.
const (
	// unsureFor is the time before the end: a client may have read what came
	// then and have died before it did anything with it.
	unsureFor = 2 * time.Second
	// maxUnread is what a client's kernel takes for it unread, the default upper
	// bound of tcp_rmem (Linux, Documentation/networking/ip-sysctl).
	maxUnread = 6 << 20
	// maxTail bounds the batches of a connection that are remembered. They come
	// batchEvery apart, so it is more than a kernel's send buffer takes.
	maxTail = 8192
)

// tail is the last of what one connection was handed, and how much of it is sure
// to have been read. One goroutine uses it; the id never changes.
type tail struct {
	id       string
	conn     any     // what [socketPosition] can be asked about
	batches  []batch // oldest first
	before   int64   // the number of the truth's last line before batches
	seen     position
	anything bool
}

// batch is what was handed over by one write.
type batch struct {
	n    int64  // of its last line in the truth
	to   uint64 // where in the connection it ends, in bytes; 0 when not known
	size int    // of its lines
	at   time.Time
}

// position is how far a connection is, in bytes since its beginning.
type position struct {
	written, acknowledged uint64
	known                 bool
}

// name is how the truth calls the connection.
func (t *tail) name() string {
	if t == nil {
		return ""
	}
	return t.id
}

// handed takes note of a batch, of which first and last are the numbers.
func (t *tail) handed(first, last int64, size int, at time.Time) {
	if t == nil || last < first {
		return
	}
	if !t.anything {
		t.anything, t.before = true, first-1
	}
	if len(t.batches) == maxTail {
		t.before = t.batches[maxTail/2-1].n
		t.batches = append(t.batches[:0], t.batches[maxTail/2:]...)
	}
	t.look()
	t.batches = append(t.batches, batch{n: last, to: t.seen.written, size: size, at: at})
}

// look asks the kernel how far the client's has come. A connection that is
// closed cannot be asked any more.
func (t *tail) look() {
	if p := socketPosition(t.conn); p.known {
		t.seen = p
	}
}

// sure returns the number of the last line that the client has read for
// certain, and whether that is all. unread says that the client is known to have
// left something unread.
func (t *tail) sure(end time.Time, unread bool) (after int64, all bool) {
	behind := 0
	for i := len(t.batches) - 1; i >= 0; i-- {
		b := t.batches[i]
		read := end.Sub(b.at) >= unsureFor && (b.to == 0 || b.to <= t.seen.acknowledged) && (!unread || behind >= maxUnread)
		if read {
			return b.n, i == len(t.batches)-1
		}
		behind += b.size
	}
	return t.before, !t.anything
}
