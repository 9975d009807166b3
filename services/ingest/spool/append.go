package spool

import (
	"errors"
	"fmt"
	"os"
)

// Append adds a record behind all others. It returns ErrFull when it does not fit into the bound, or an error of the disk;
// then the record is not in the spool and may be given again.
func (s *Spool) Append(r *Record) error { return s.append(r, true) }

// AppendLast is Append for what a stop has left in memory: it does not mind the bound.
func (s *Spool) AppendLast(r *Record) error { return s.append(r, false) }

func (s *Spool) append(r *Record, bounded bool) error {
	s.frame = appendRecord(append(s.frame[:0], make([]byte, frameHeader)...), r)
	if len(s.frame) > frameHeader+maxPayload {
		return fmt.Errorf("spool a record: %w", errTooLarge)
	}
	sealFrame(s.frame)
	size := int64(len(s.frame))

	s.mu.Lock()
	defer s.mu.Unlock()
	if bounded && s.bytes()+size+int64(len(magic)) > s.maxBytes {
		return ErrFull
	}
	err := s.prepare(size)
	if err == nil {
		err = s.write(size)
	}
	if err != nil {
		s.metrics.failed.Inc()
		return fmt.Errorf("spool a record: %w", err)
	}
	s.metrics.spooled.Inc()
	s.show()
	if !s.timed {
		s.timed = true
		s.timer.Reset(SyncEvery)
	}
	return nil
}

// prepare makes sure that there is a segment to write so many bytes to.
func (s *Spool) prepare(size int64) error {
	if s.active != nil && s.uncut {
		// A record that was not written whole must not stand in the middle.
		if err := s.active.Truncate(s.newest().end); err != nil {
			return err
		}
		s.uncut = false
	}
	if s.active != nil && s.newest().end+size > s.segmentBytes() && s.newest().end > int64(len(magic)) {
		s.seal()
	}
	if s.active != nil {
		return nil
	}
	name := s.path(s.next)
	f, err := s.create(name)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt([]byte(magic), 0); err == nil {
		err = s.syncDir() // or the file would be gone with its records after a loss of power
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(name))
	}
	s.segments = append(s.segments, &segment{number: s.next, end: int64(len(magic))})
	if len(s.segments) == 1 {
		s.head = int64(len(magic))
	}
	s.active, s.next = f, s.next+1
	return nil
}

func (s *Spool) write(size int64) error {
	g := s.newest()
	if _, err := s.active.WriteAt(s.frame, g.end); err != nil {
		s.uncut = true
		return err
	}
	g.end += size
	g.left++
	s.records++
	return nil
}

func (s *Spool) newest() *segment { return s.segments[len(s.segments)-1] }

// seal ends the newest segment: the next record begins another.
func (s *Spool) seal() {
	err := s.active.Sync()
	s.failed("sync", err)
	s.newest().synced = s.newest().end // also after a failure: the system does not try again what it could not write
	s.failed("close a segment", s.active.Close())
	s.active, s.uncut = nil, false
}

// syncTimed is called SyncEvery after a record that was the first since the last sync.
func (s *Spool) syncTimed() {
	s.mu.Lock()
	s.timed = false
	s.mu.Unlock()
	s.sync()
}

// sync brings the newest segment to the disk. Appending goes on meanwhile.
func (s *Spool) sync() {
	s.mu.Lock()
	f := s.active
	if f == nil {
		s.mu.Unlock()
		return
	}
	g := s.newest()
	end := g.end
	s.mu.Unlock()

	err := f.Sync()
	if errors.Is(err, os.ErrClosed) {
		err = nil // it was synced when it was ended, or is done with
	}
	s.failed("sync", err)

	s.mu.Lock()
	defer s.mu.Unlock()
	g.synced = max(g.synced, end)
}
