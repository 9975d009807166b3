package simulator

import (
	"fmt"
	"sync"
	"time"
)

// truthRing remembers the last lines of the truth, some hundred bytes each. Safe
// for concurrent use.
type truthRing struct {
	most int

	mu    sync.Mutex
	lines []handoverRow // line n is at (n-1) mod most
	n     int64         // of the last line
}

// handoverRow is a [handover] packed for keeping.
type handoverRow struct {
	at, handed, after int64 // nanoseconds since 1970; after as there
	id, first         uint64
	connection        string
	sum               [32]byte
	kind              lineKind
	by                handedBy
}

func (r *truthRing) put(_ int64, lines []handover) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range lines {
		row := lines[i].pack()
		if len(r.lines) < r.most { // grows with use: most simulators never fill it
			r.lines = append(r.lines, row)
		} else {
			r.lines[r.n%int64(r.most)] = row
		}
		r.n++
	}
	return nil
}

func (r *truthRing) read(dst []byte, n int64, limit int) ([]byte, error) {
	rows, err := r.rows(n, limit)
	for i := range rows {
		h := rows[i].unpack()
		dst = h.append(dst, n+1+int64(i))
	}
	return dst, err
}

// rows copies, so that what is written down does not hold up the stream.
func (r *truthRing) rows(n int64, limit int) ([]handoverRow, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if oldest := r.n - int64(len(r.lines)); n < oldest {
		return nil, fmt.Errorf("%w: the oldest that is kept is %d; give after=%d, or --remember-truth or --truth to keep more", errForgotten, oldest+1, oldest)
	}
	rows := make([]handoverRow, 0, max(0, min(int64(limit), r.n-n)))
	for ; len(rows) < cap(rows); n++ {
		rows = append(rows, r.lines[n%int64(r.most)])
	}
	return rows, nil
}

func (*truthRing) close() error { return nil }

func (h *handover) pack() handoverRow {
	return handoverRow{
		at: h.at.UnixNano(), handed: h.handed.UnixNano(), after: h.after, id: h.id, first: h.first,
		connection: h.connection, sum: h.sum, kind: h.kind, by: h.by,
	}
}

func (r *handoverRow) unpack() handover {
	return handover{
		at: time.Unix(0, r.at), handed: time.Unix(0, r.handed), after: r.after, id: r.id, first: r.first,
		connection: r.connection, sum: r.sum, kind: r.kind, by: r.by,
	}
}
