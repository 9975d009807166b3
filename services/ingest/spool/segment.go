package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	segmentSuffix = ".spool"
	corruptSuffix = ".corrupt"
	digits        = 20

	// magic begins every segment, so that a format to come can be told from this one.
	magic = "cvdspl1\n"
	// family begins the segments of every format.
	family = "cvdspl"
)

// segment is one file of the spool.
type segment struct {
	number uint64
	end    int64  // behind its last record
	left   int64  // records that are not done with
	synced int64  // bytes that are on the disk
	bad    int64  // bytes behind the end that are damaged
	holes  []hole // damage in front of the end, in order
}

// lost is how many of its bytes are damaged.
func (g *segment) lost() int64 {
	sum := g.bad
	for _, h := range g.holes {
		sum += h.to - h.from
	}
	return sum
}

// places is in how many places it is damaged.
func (g *segment) places() int {
	if g.bad > 0 {
		return len(g.holes) + 1
	}
	return len(g.holes)
}

// skip is the place of the record that comes next at a place, which may be behind a hole.
func (g *segment) skip(at int64) int64 {
	for _, h := range g.holes {
		if h.from == at {
			return h.to
		}
	}
	return at
}

// until is up to where records stand from a place on without a hole between them.
func (g *segment) until(at int64) int64 {
	for _, h := range g.holes {
		if h.from >= at {
			return h.from
		}
	}
	return g.end
}

func segmentName(number uint64) string {
	return fmt.Sprintf("%0*d%s", digits, number, segmentSuffix)
}

// segmentNumber reads the name of a segment, or of one that was set aside.
func segmentNumber(name string) (number uint64, aside, ok bool) {
	name, aside = strings.CutSuffix(name, corruptSuffix)
	stem, found := strings.CutSuffix(name, segmentSuffix)
	if !found || len(stem) != digits {
		return 0, false, false
	}
	number, err := strconv.ParseUint(stem, 10, 64)
	return number, aside, err == nil
}

// scan reads a segment through. done is the place before which everything is done with; head is that place, or the first
// record where no record begins there. torn says that what is bad looks like a record that was not finished.
func scan(dir string, number uint64, done int64) (s *segment, head int64, torn bool, err error) {
	f, err := os.Open(filepath.Join(dir, segmentName(number)))
	if err != nil {
		return nil, 0, false, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, false, err
	}
	s = &segment{number: number}
	var begins [len(magic)]byte
	n, err := f.ReadAt(begins[:], 0)
	if n < len(magic) || string(begins[:]) != magic && string(begins[:len(family)]) == family {
		s.bad = info.Size()
		return s, 0, n < len(magic) && magic[:n] == string(begins[:n]), ignoreEnd(err)
	}
	head = int64(len(magic))
	found, err := look(f, head, info.Size(), func(at int64, over *hole) {
		if over == nil {
			s.left++
		}
		if over == nil && at == done || over != nil && over.from < done && done <= over.to {
			head, s.left = at, 0
		}
	})
	if err != nil {
		return nil, 0, false, err
	}
	s.end, s.holes, s.bad = found.end, found.holes, info.Size()-found.end
	if string(begins[:]) != magic {
		if found.records == 0 {
			s.end, s.bad = 0, info.Size()
			return s, 0, false, nil
		}
		s.holes = append([]hole{{0, int64(len(magic))}}, s.holes...)
	}
	if s.bad > 0 {
		if torn, err = unfinished(f, s.end, info.Size()); err != nil {
			return nil, 0, false, err
		}
	}
	if done > s.end {
		// What is missing at the end, after a loss of power, is in the broker already.
		head, s.left = s.end, 0
	}
	s.synced = s.end
	return s, head, torn, nil
}

// ignoreEnd returns nil for the end of a file.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// unfinished says whether what stands from at on is a record whose writing was cut off: one that would reach beyond the
// end, or up to it, or nothing but zeros.
func unfinished(f *os.File, at, size int64) (bool, error) {
	rest := bufio.NewReaderSize(io.NewSectionReader(f, at, size-at), 64<<10)
	header, err := rest.Peek(frameHeader)
	if len(header) < frameHeader {
		return true, ignoreEnd(err)
	}
	if n, err := payloadSize(header); err == nil && at+frameHeader+int64(n) >= size {
		return true, nil
	}
	for {
		c, err := rest.ReadByte()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil || c != 0 {
			return false, err
		}
	}
}
