package bucket

import (
	"bytes"
	"context"
	"io"
)

// Writer writes an object whose size is not known before, holding one part of it. One goroutine uses it; call Commit or
// Abort at the end.
type Writer struct {
	ctx    context.Context
	b      *Bucket
	name   string
	o      Options
	buffer bytes.Buffer
	upload *upload
}

// NewWriter begins an object. ctx bounds all of it.
func (b *Bucket) NewWriter(ctx context.Context, name string, o Options) *Writer {
	return &Writer{ctx: ctx, b: b, name: name, o: o}
}

// Write sends a part whenever there is more than one.
func (w *Writer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if int64(w.buffer.Len()) == w.b.partBytes {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
		some := min(int64(len(p)), w.b.partBytes-int64(w.buffer.Len()))
		w.buffer.Write(p[:some])
		p = p[some:]
	}
	return n, nil
}

func (w *Writer) flush() error {
	if w.upload == nil {
		u, err := w.b.begin(w.ctx, w.name, w.o)
		if err != nil {
			return err
		}
		w.upload = u
	}
	if err := w.upload.part(w.ctx, w.body()); err != nil {
		return err
	}
	w.buffer.Reset()
	return nil
}

func (w *Writer) body() *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(w.buffer.Bytes()), 0, int64(w.buffer.Len()))
}

// Commit makes what was written an object. Its errors are those of Put.
func (w *Writer) Commit() error {
	if w.upload == nil {
		return w.b.putWhole(w.ctx, w.name, w.body(), w.o)
	}
	if err := w.flush(); err != nil {
		w.Abort()
		return err
	}
	return w.upload.complete(w.ctx)
}

// Abort throws away what was written.
func (w *Writer) Abort() {
	if w.upload != nil {
		w.upload.abort(w.ctx)
	}
}
