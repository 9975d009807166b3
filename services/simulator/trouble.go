package simulator

import (
	"bytes"
	"net/http"
	"strconv"

	"catsvdogs/services/simulator/faultplan"
)

// blindTo is how many posts of a blind answer's ten are missing.
const blindTo = 9

// trouble carries out the faults that a look-up meets. lookup_blind is carried
// out where the posts are found.
func (s *server) trouble(of endpoint, handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if act, ok := s.board.Take(faultplan.Lookup429); ok {
			s.writeTooMany(w, act, of)
			s.board.Fired(act.Name)
			return
		}
		if act, ok := s.board.Take(faultplan.Lookup503); ok {
			writeUnavailable(w, act)
			s.board.Fired(act.Name)
			return
		}
		if !s.linger(r, faultplan.LookupSlow) {
			return
		}
		if _, ok := s.board.Take(faultplan.LookupCut); !ok {
			handle(w, r)
			return
		}
		held := &heldAnswer{header: w.Header(), status: http.StatusOK}
		handle(held, r)
		// A response that is shorter than it said ends its connection.
		w.Header().Set("Content-Length", strconv.Itoa(held.body.Len()))
		w.WriteHeader(held.status)
		_, _ = w.Write(held.body.Bytes()[:held.body.Len()/2])
		s.board.Fired(faultplan.LookupCut)
	}
}

// heldAnswer keeps what a handler writes.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header         { return h.header }
func (h *heldAnswer) WriteHeader(status int)      { h.status = status }
func (h *heldAnswer) Write(p []byte) (int, error) { return h.body.Write(p) }

// blind says which of so many posts that are there an answer has all the same.
func (s *server) blind(posts int) (sees func(i int) bool) {
	if posts == 0 {
		return func(int) bool { return true }
	}
	if _, ok := s.board.Take(faultplan.LookupBlind); !ok {
		return func(int) bool { return true }
	}
	s.board.Fired(faultplan.LookupBlind)
	return func(i int) bool { return i%(blindTo+1) == blindTo }
}
