package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// hole is a damaged stretch of a segment, with whole records behind it.
type hole struct{ from, to int64 }

// survey is what stands in a stretch of a segment.
type survey struct {
	records int64
	end     int64 // behind the last record; where the stretch begins when there is none
	holes   []hole
}

// look reads a stretch of a segment, from a place where a record should begin. Where none does, it goes on at the next whole
// one: damage costs those records that it is in. passed, which may be nil, is told of each place at which a record has ended,
// and of each hole. The error is the disk's.
func look(f io.ReaderAt, from, size int64, passed func(at int64, over *hole)) (survey, error) {
	s := survey{end: from}
	in := bufio.NewReaderSize(io.NewSectionReader(f, from, size-from), 1<<20)
	var buf []byte
	for {
		payload, err := readRecord(in, buf)
		switch {
		case err == nil:
			buf = payload[:0]
			s.end += frameHeader + int64(len(payload))
			s.records++
			if passed != nil {
				passed(s.end, nil)
			}
			continue
		case errors.Is(err, io.EOF):
			return s, nil
		case !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errDamaged):
			return s, err
		}
		next, err := nextRecord(f, s.end+1, size)
		if err != nil || next < 0 {
			return s, err
		}
		over := hole{s.end, next}
		s.holes, s.end = append(s.holes, over), next
		if passed != nil {
			passed(next, &over)
		}
		in.Reset(io.NewSectionReader(f, next, size-next))
	}
}

// readRecord is readFrame for a payload that must be a record.
func readRecord(in io.Reader, buf []byte) ([]byte, error) {
	payload, err := readFrame(in, buf)
	if err == nil {
		_, err = parseRecord(payload)
	}
	return payload, err
}

// minPayload is the least that a record has: its time, and a byte each for key, number of headers and value.
const minPayload = 8 + 3

// searchWindow is how much of a segment is looked at at once for the beginning of a record.
const searchWindow = 256 << 10

// nextRecord returns the first place from which a whole record stands; -1 for none. A record begins wherever a length and
// a checksum fit what follows: by chance that happens once in 2^32 lengths. In the text of records no length fits, because a
// letter as the highest byte of one would ask for half a gigabyte; how many bytes are checked is bounded all the same, since
// a segment may hold anything.
func nextRecord(f io.ReaderAt, from, size int64) (int64, error) {
	budget := 4*(size-from) + 16*maxPayload
	window := make([]byte, searchWindow)
	var buf []byte
	for base := from; size-base >= frameHeader+minPayload; {
		n, err := f.ReadAt(window[:min(searchWindow, size-base)], base)
		if err != nil && !errors.Is(err, io.EOF) {
			return -1, err
		}
		for i := 0; i+frameHeader <= n; i++ {
			at := base + int64(i)
			length := int64(binary.LittleEndian.Uint32(window[i:]))
			if length < minPayload || length > maxPayload || at+frameHeader+length > size {
				continue
			}
			if budget -= length; budget < 0 {
				return -1, nil
			}
			payload, err := readRecord(io.NewSectionReader(f, at, frameHeader+length), buf)
			if err == nil {
				return at, nil
			}
			if payload != nil {
				buf = payload[:0]
			}
		}
		if n < frameHeader {
			break
		}
		base += int64(n - frameHeader + 1)
	}
	return -1, nil
}
