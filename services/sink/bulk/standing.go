package bulk

import "sync"

// Status is where a Writer says whether the index takes documents. It is called from any goroutine.
type Status interface {
	Ready()
	Unready(reason string)
}

// standing joins what the bulks under way have met with what is parked: the index takes documents when none has to be sent
// again. It says so to status. held is told when reading is to stop: while a bulk is to be sent again, and while more is
// parked than may be.
type standing struct {
	status Status
	held   func(bool)

	mu      sync.Mutex
	waiting int    // bulks that are to be sent again
	parked  string // why items are parked; "" for none
	full    bool   // more is parked than may be
	holding bool
}

// waits says that a bulk is to be sent again; first, that it was not so before.
func (s *standing) waits(reason string, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first {
		s.waiting++
	}
	s.status.Unready(reason)
	s.hold()
}

// goesOn says that a bulk that had to be sent again has all its verdicts.
func (s *standing) goesOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	s.tell()
}

// parks says why items are parked, "" for none, and whether there are more than may be.
func (s *standing) parks(reason string, full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parked == reason && s.full == full {
		return
	}
	s.parked, s.full = reason, full
	s.tell()
}

func (s *standing) tell() {
	switch {
	case s.waiting > 0: // the reason has been said
	case s.parked != "":
		s.status.Unready(s.parked)
	default:
		s.status.Ready()
	}
	s.hold()
}

func (s *standing) hold() {
	if hold := s.waiting > 0 || s.full; hold != s.holding {
		s.holding = hold
		s.held(hold)
	}
}
