package simulator

import (
	"context"
	"time"
)

// flush writes the batch and counts the lines that the connection took whole.
func (f *feed) flush(ctx context.Context, d *delivery) error {
	if act, ok := f.cutting(d); ok {
		return f.cut(ctx, d, act)
	}
	n, err := d.out.send(f.deadline(ctx), &f.buf)
	if err := f.settle(d, n); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	for _, name := range d.happened {
		f.board.Fired(name)
	}
	d.happened = d.happened[:0]
	return nil
}

// settle counts the lines that end within the first n bytes of the batch; the
// others have not been handed over.
func (f *feed) settle(d *delivery, n int) error {
	whole := 0
	for whole < len(f.lines) && f.lines[whole].end <= n {
		whole++
	}
	f.count(f.lines[:whole])
	for _, l := range f.lines[whole:] {
		if l.kind == kindPost || l.kind == kindEdit {
			f.chronicle.Withdraw(l.id, l.kind == kindPost)
		}
	}
	if err := f.tell(d, f.lines[:whole]); err != nil || whole == len(f.lines) {
		return err
	}
	begin := len(chunkHead)
	if whole > 0 {
		begin = f.lines[whole-1].end
	}
	if n <= begin {
		return nil
	}
	return f.tellPartial(d, f.lines[whole], nil)
}

// tell writes down what the truth is to know of whole lines of the batch.
func (f *feed) tell(d *delivery, lines []line) error {
	if f.truth == nil || len(lines) == 0 {
		return nil
	}
	now, begin := f.now(), len(chunkHead)
	f.handed = f.handed[:0]
	for _, l := range lines {
		f.handed = append(f.handed, handover{
			at: l.at, handed: now, id: l.id, first: l.first, kind: l.kind,
			by: d.by, connection: d.last.name(), sum: sumOf(f.buf[begin : l.end-len(lineEnd)]),
		})
		begin = l.end
	}
	last, err := f.truth.record(f.handed)
	if err == nil {
		d.last.handed(last-int64(len(lines))+1, last, begin, now)
	}
	return err
}

func (f *feed) deadline(ctx context.Context) time.Time {
	if ctx.Err() != nil {
		return f.now().Add(lastWriteTimeout)
	}
	return f.now().Add(f.writeTimeout)
}

// tellPartial writes down that a client may have the beginning of a line: this
// part, or one that it alone knows.
func (f *feed) tellPartial(d *delivery, l line, part []byte) error {
	if f.truth == nil {
		return nil
	}
	h := handover{at: l.at, handed: f.now(), id: l.id, first: l.first, kind: kindPartial, by: d.by, connection: d.last.name()}
	if part != nil {
		h.sum = sumOf(part)
	}
	_, err := f.truth.record([]handover{h})
	return err
}
