package bulk

import "sync"

// Status is where a Writer says whether the index takes documents. It is called from any goroutine.
type Status interface {
	Ready()
	Unready(reason string)
}

// standing joins what the bulks under way have met: the index takes documents when none of them has to be sent again. It
// says so to status, and to held when that changes.
type standing struct {
	status Status
	held   func(bool)

	mu      sync.Mutex
	waiting int
}

// waits says that a bulk is to be sent again; first, that it was not so before.
func (s *standing) waits(reason string, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Unready(reason)
	if !first {
		return
	}
	if s.waiting++; s.waiting == 1 {
		s.held(true)
	}
}

// goesOn says that a bulk that had to be sent again has all its verdicts.
func (s *standing) goesOn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting--; s.waiting == 0 {
		s.status.Ready()
		s.held(false)
	}
}
