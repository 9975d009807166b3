package archive

import (
	"io"
	"sync"
)

const pageBytes = 64 << 10

// pagePool gives pages and takes them back. They are all of one size, so that the memory of objects can be counted and
// used again: a buffer that grows leaves its smaller selves to the garbage collector, twice its size in all.
type pagePool struct{ free sync.Pool }

func (p *pagePool) get() *[pageBytes]byte {
	if page, ok := p.free.Get().(*[pageBytes]byte); ok {
		return page
	}
	return new([pageBytes]byte)
}

// pages is what an object's compressed bytes are kept in.
type pages struct {
	pool *pagePool
	list []*[pageBytes]byte
	size int64
}

// Write implements io.Writer.
func (p *pages) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		at := int(p.size % pageBytes)
		if at == 0 {
			p.list = append(p.list, p.pool.get())
		}
		copied := copy(p.list[len(p.list)-1][at:], b)
		b = b[copied:]
		p.size += int64(copied)
	}
	return n, nil
}

// ReadAt implements io.ReaderAt.
func (p *pages) ReadAt(b []byte, from int64) (int, error) {
	n := 0
	for len(b) > 0 {
		if from >= p.size {
			return n, io.EOF
		}
		at := from % pageBytes
		end := min(pageBytes, at+p.size-from)
		copied := copy(b, p.list[from/pageBytes][at:end])
		b = b[copied:]
		from += int64(copied)
		n += copied
	}
	return n, nil
}

// memory is how many bytes the pages take.
func (p *pages) memory() int { return len(p.list) * pageBytes }

// release gives the pages back. They must not be read any more.
func (p *pages) release() {
	for _, page := range p.list {
		p.pool.free.Put(page)
	}
	p.list, p.size = nil, 0
}
