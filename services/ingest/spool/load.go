package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// load reads what is in the folder.
func (s *Spool) load() error {
	began := time.Now()
	numbers, err := s.list()
	if err != nil {
		return err
	}
	s.position, err = os.OpenFile(filepath.Join(s.dir, positionName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	done, err := readPosition(s.position)
	if err != nil {
		return err
	}
	// Written at once, so that later it needs no room on a full disk.
	if err := writePosition(s.position, done); err != nil {
		return err
	}
	// A number that the position has must not come again, or a new segment would be taken for done with.
	s.next = max(s.next, done.segment+1)
	for i, number := range numbers {
		if number < done.segment {
			// Removing it was all that was left to do.
			if err := os.Remove(s.path(number)); err != nil {
				return err
			}
			continue
		}
		from := int64(0)
		if number == done.segment {
			from = done.offset
		}
		g, head, torn, err := scan(s.dir, number, from)
		if err != nil {
			return err
		}
		if g.bad > 0 && torn && i == len(numbers)-1 {
			if err := s.cut(g); err != nil {
				return err
			}
		}
		if lost := g.lost(); lost > 0 {
			s.metrics.corrupt.Add(float64(lost))
			s.logger.Error("the spool is corrupt: records are lost", "file", segmentName(number), "lost_bytes", lost, "places", g.places(), "good_records_left", g.left)
		}
		if len(s.segments) == 0 {
			s.head = head
		}
		s.segments = append(s.segments, g)
		s.records += g.left
	}
	if s.records > 0 || len(numbers) > 0 {
		s.logger.Info("found a spool", "folder", s.dir, "records", s.records, "bytes", s.bytes(), "took", time.Since(began).Round(time.Millisecond))
	}
	s.settle()
	s.show()
	return nil
}

// cut takes the unfinished record off the end.
func (s *Spool) cut(g *segment) error {
	s.metrics.torn.Add(float64(g.bad))
	s.logger.Warn("the last record of the spool was not finished when the process or the machine went down; it is dropped",
		"file", segmentName(g.number), "bytes", g.bad)
	if err := os.Truncate(s.path(g.number), g.end); err != nil {
		return err
	}
	g.bad = 0
	return nil
}

// list returns the numbers of the segments, oldest first.
func (s *Spool) list() ([]uint64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, e := range entries {
		number, aside, ok := segmentNumber(e.Name())
		if !ok {
			continue
		}
		s.next = max(s.next, number+1)
		if !aside {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// settle removes the oldest segments that are done with, and sets those aside that have damage.
func (s *Spool) settle() {
	for len(s.segments) > 0 && s.segments[0].left == 0 {
		g := s.segments[0]
		s.segments = s.segments[1:]
		s.head = int64(len(magic))
		if len(s.segments) == 0 && s.active != nil {
			// It was the one that is written to. Its name goes next, so that nothing is lost with what is not synced.
			s.failed("close a segment", s.active.Close())
			s.active, s.uncut = nil, false
		}
		if s.reading != nil && s.readFor == g.number {
			s.failed("close a segment", s.reading.Close())
			s.reading = nil
		}
		if lost := g.lost(); lost > 0 {
			aside := s.path(g.number) + corruptSuffix
			s.failed("set a corrupt segment aside", os.Rename(s.path(g.number), aside))
			s.logger.Error("a corrupt segment of the spool was set aside", "file", aside, "lost_bytes", lost)
			continue
		}
		if err := os.Remove(s.path(g.number)); !errors.Is(err, fs.ErrNotExist) {
			s.failed("remove a segment", err)
		}
	}
}

// failed counts a failure of the disk after which the spool can go on, and tells it, though not with every record.
func (s *Spool) failed(doing string, err error) {
	if err == nil {
		return
	}
	s.metrics.failed.Inc()
	if now, last := time.Now().Unix(), s.told.Load(); now-last >= 10 && s.told.CompareAndSwap(last, now) {
		s.logger.Error("the spool's disk fails", "doing", doing, "error", err)
	}
}
