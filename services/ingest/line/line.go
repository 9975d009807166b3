// Package line splits what a source sends into lines, with a bound on what a line may hold in memory. It does not know
// what a line means.
package line

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"slices"
)

// chunkBytes is how much is read at once; it bounds what a Reader holds beside the line itself.
const chunkBytes = 64 << 10

// KeptBytes is what sources keep of a line that is too long.
const KeptBytes = 64 << 10

// Line is one line without its end, which is \n or \r\n.
type Line struct {
	Bytes  []byte // nil when empty; only the first part of a truncated line
	Length int64  // bytes of the whole line
	SHA256 string // of the whole line, in hexadecimal; only for a truncated line
	Ended  bool   // false for what stood after the last line end when the input ended
}

// Truncated says whether Bytes holds only the first part of the line.
func (l Line) Truncated() bool { return l.SHA256 != "" }

// Reader reads lines. It is for one goroutine.
type Reader struct {
	src  *bufio.Reader
	max  int
	keep int
	err  error
}

// NewReader returns a Reader of src. A line of more than maxBytes is never held whole: the first keepBytes of it are
// kept, the rest is only counted and hashed. keepBytes must not be over maxBytes.
func NewReader(src io.Reader, maxBytes, keepBytes int) *Reader {
	return &Reader{src: bufio.NewReaderSize(src, chunkBytes), max: maxBytes, keep: keepBytes}
}

// Next returns the next line, whose bytes belong to the caller. After the last one it returns the error that ended the
// input, io.EOF when it ended by itself. What stands after the last line end comes as a line that has not Ended.
func (r *Reader) Next() (Line, error) {
	if r.err != nil {
		return Line{}, r.err
	}
	a := assembly{max: r.max, keep: r.keep}
	for {
		chunk, err := r.src.ReadSlice('\n')
		if err == nil {
			a.add(chunk[:len(chunk)-1])
			return a.line(true), nil
		}
		a.add(chunk)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		r.err = err
		if a.length == 0 && !a.heldCR {
			return Line{}, err
		}
		return a.line(false), nil
	}
}

// assembly puts a line together from the chunks it comes in.
type assembly struct {
	max, keep int
	bytes     []byte
	length    int64
	whole     hash.Hash // set once the line is over max
	// heldCR: the line so far ends in \r, which belongs to the line only if another byte follows. Without it a \r\n
	// that falls between two chunks would leave its \r behind.
	heldCR bool
}

func (a *assembly) add(chunk []byte) {
	if len(chunk) == 0 {
		return
	}
	if a.heldCR {
		a.write([]byte{'\r'})
	}
	last := len(chunk) - 1
	a.heldCR = chunk[last] == '\r'
	if a.heldCR {
		chunk = chunk[:last]
	}
	a.write(chunk)
}

func (a *assembly) write(p []byte) {
	a.length += int64(len(p))
	switch {
	case a.whole != nil:
		a.whole.Write(p)
	case a.length <= int64(a.max):
		a.bytes = append(a.bytes, p...)
	default:
		a.whole = sha256.New()
		a.whole.Write(a.bytes)
		a.whole.Write(p)
		if missing := a.keep - len(a.bytes); missing > 0 {
			a.bytes = append(a.bytes, p[:missing]...)
		}
		// A copy, so that the large array behind the line so far is free while the rest goes by.
		a.bytes = slices.Clone(a.bytes[:a.keep])
	}
}

func (a *assembly) line(ended bool) Line {
	l := Line{Bytes: a.bytes, Length: a.length, Ended: ended}
	if a.whole != nil {
		l.SHA256 = hex.EncodeToString(a.whole.Sum(nil))
	}
	return l
}
