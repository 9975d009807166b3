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
	if err := f.settle(n); err != nil {
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
func (f *feed) settle(n int) error {
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
	return f.truth.record(f.lines[:whole])
}

func (f *feed) deadline(ctx context.Context) time.Time {
	if ctx.Err() != nil {
		return f.now().Add(lastWriteTimeout)
	}
	return f.now().Add(f.writeTimeout)
}
