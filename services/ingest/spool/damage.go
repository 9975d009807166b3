package spool

// passOver gives up the damaged records of a segment, the first of which should begin at from. It says false when it
// cannot tell which they are.
func (s *Spool) passOver(g *segment, from int64, why error) bool {
	if s.reading == nil || s.readFor != g.number {
		return false
	}
	s.mu.Lock()
	end, left := g.end, g.left
	s.mu.Unlock()
	found, err := look(s.reading, from, end, nil)
	if err == nil && found.end < end {
		found.holes = append(found.holes, hole{found.end, end})
	}
	if err != nil || len(found.holes) == 0 || found.holes[0].from != from || found.records > left {
		return false // the disk fails, or did so for a moment
	}
	s.failures = 0

	s.mu.Lock()
	defer s.mu.Unlock()
	g.holes = append(g.holes, found.holes...)
	bytes, lost := int64(0), left-found.records
	for _, h := range found.holes {
		bytes += h.to - h.from
	}
	s.metrics.corrupt.Add(float64(bytes))
	s.logger.Error("the spool is corrupt: records are lost", "file", segmentName(g.number), "lost_records", lost, "lost_bytes", bytes,
		"places", len(found.holes), "error", why)
	g.left -= lost
	s.records -= lost
	s.head = g.skip(from)
	s.settle()
	s.show()
	return true
}

// spoil gives up what is left of a segment, from a place on.
func (s *Spool) spoil(g *segment, from int64, why error) {
	s.failures = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	bad := max(1, g.end-from)
	g.bad += bad
	g.end = from
	s.metrics.corrupt.Add(float64(bad))
	s.logger.Error("the spool is corrupt: records are lost", "file", segmentName(g.number), "lost_records", g.left, "lost_bytes", bad, "error", why)
	s.records -= g.left
	g.left = 0
	s.settle()
	s.show()
}
