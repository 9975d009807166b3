package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// triesToRead is how often a segment is tried: a bad sector must not hold up what is behind it for ever.
const triesToRead = 10

// Read returns the oldest records that are not done with, at most maxRecords of together at most maxBytes on disk, but at
// least one; none when the spool is empty. They stay in the spool: without a Done between them, two calls return the same.
// Damage is passed over, up to the next whole record; an error is the disk's, which may pass. What cannot be read triesToRead times counts as damaged.
func (s *Spool) Read(maxRecords int, maxBytes int64) ([]Record, error) {
	for {
		s.mu.Lock()
		if s.records == 0 {
			s.mu.Unlock()
			return nil, nil
		}
		g := s.segments[0]
		s.head = g.skip(s.head)
		from, end := s.head, g.until(s.head)
		unsynced := g.synced < end
		s.mu.Unlock()
		if unsynced {
			s.sync()
		}
		records, err := s.readFrom(g, from, end, maxRecords, maxBytes)
		if len(records) > 0 {
			s.failures = 0
			return records, nil
		}
		if s.failures++; !isDamage(err) && s.failures < triesToRead {
			s.metrics.failed.Inc()
			return nil, fmt.Errorf("read the spool: %w", err)
		}
		if s.failures >= triesToRead || !s.passOver(g, from, err) {
			s.spoil(g, from, err)
		}
	}
}

// isDamage says whether err is about what is in a segment, or that there is none any more, not about the disk.
func isDamage(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, os.ErrNotExist)
}

// readFrom reads records of a segment. The error is why the first one could not be read.
func (s *Spool) readFrom(g *segment, from, end int64, maxRecords int, maxBytes int64) ([]Record, error) {
	s.sizes = s.sizes[:0]
	if err := s.openFor(g); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(s.reading, from, end-from), int(min(max(maxBytes, 4<<10), 256<<10)))
	var records []Record
	bytes := int64(0)
	for len(records) < maxRecords {
		if header, err := in.Peek(frameHeader); err == nil && len(records) > 0 {
			if n, err := payloadSize(header); err == nil && bytes+frameHeader+int64(n) > maxBytes {
				break
			}
		}
		payload, err := readFrame(in, nil)
		var r Record
		if err == nil {
			r, err = parseRecord(payload)
		}
		if err != nil {
			return records, err
		}
		size := frameHeader + int64(len(payload))
		records, bytes, s.sizes = append(records, r), bytes+size, append(s.sizes, size)
	}
	return records, nil
}

// openFor opens a segment, for the one goroutine that reads.
func (s *Spool) openFor(g *segment) error {
	if s.reading != nil && s.readFor == g.number {
		return nil
	}
	f, err := os.Open(s.path(g.number))
	if err != nil {
		return err
	}
	if s.reading != nil {
		s.failed("close a segment", s.reading.Close())
	}
	s.reading, s.readFor = f, g.number
	return nil
}

// Done says that the n oldest records are in the broker: those that Read returned last, or others that were in memory as
// well. Its error is that it could not see how long they are; they will come again then.
func (s *Spool) Done(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.show()
	defer s.savePosition()
	for i := range n {
		if s.records == 0 {
			break
		}
		s.head = s.segments[0].skip(s.head)
		size, err := s.sizeAt(i)
		if err != nil {
			return fmt.Errorf("read the spool: %w", err)
		}
		s.head += size
		s.records--
		s.segments[0].left--
		s.settle()
	}
	s.sizes = s.sizes[:0]
	return nil
}

// sizeAt is the size of the frame at the head: as the last Read saw it, whose i-th it is, or as it stands on disk.
func (s *Spool) sizeAt(i int) (int64, error) {
	if i < len(s.sizes) {
		return s.sizes[i], nil
	}
	if err := s.openFor(s.segments[0]); err != nil {
		return 0, err
	}
	var header [frameHeader]byte
	if _, err := s.reading.ReadAt(header[:], s.head); err != nil {
		return 0, err
	}
	return frameHeader + int64(binary.LittleEndian.Uint32(header[:])), nil
}

func (s *Spool) savePosition() {
	if s.position == nil || len(s.segments) == 0 {
		return
	}
	s.failed("note the position", writePosition(s.position, position{s.segments[0].number, s.head}))
}

// Clear removes everything.
func (s *Spool) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		g.left = 0
	}
	s.records = 0
	s.settle()
	s.show()
}
