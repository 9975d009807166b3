package simulator

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

// suffer carries out the faults that are about the connection. An error ends
// the stream.
func (s *session) suffer() error {
	board := s.server.board
	if act, ok := board.Next(faultplan.HalfOpen); ok && s.stall == nil && (act.Variant == "connect") == (s.handed == 0) {
		board.Take(faultplan.HalfOpen)
		s.begin(stall{name: act.Name, mute: true, ever: true})
	}
	for _, name := range []faultplan.Name{faultplan.StallWithHeartbeats, faultplan.StallSilent} {
		if s.stall != nil {
			break
		}
		if act, ok := board.Take(name); ok {
			lasting := stall{name: name, mute: name == faultplan.StallSilent, until: s.server.now().Add(act.For)}
			if act.Standing {
				lasting.until = time.Time{}
			}
			s.begin(lasting)
		}
	}
	if s.stall != nil {
		return nil // who says nothing does not take its leave either
	}
	if act, ok := board.Take(faultplan.OperationalDisconnect); ok {
		return s.disconnect(act.Name, act.Variant)
	}
	if _, ok := board.Take(faultplan.SlowReader); ok {
		return s.disconnect(faultplan.SlowReader, "SlowReader")
	}
	if _, ok := board.Take(faultplan.Reset); ok {
		return s.reset()
	}
	if s.left < 0 {
		if act, ok := board.Take(faultplan.CleanClose); ok {
			s.left = int64(act.Count)
		}
	}
	return nil
}

// begin stops the posts. The world goes on without this stream.
func (s *session) begin(lasting stall) {
	s.stall = &lasting
	s.server.feed.leave()
	s.server.board.Fired(lasting.name)
}

// stalled ends a stall whose time is over, and says how long it lasts still.
func (s *session) stalled() time.Duration {
	if s.stall == nil || s.stall.ever {
		return asleep
	}
	left := s.stall.until.Sub(s.server.now())
	over := left <= 0
	if s.stall.until.IsZero() {
		over = !s.server.board.On(s.stall.name)
		left = asleep // until the board changes, which wakes the stream
	}
	if !over {
		return left
	}
	s.stall = nil
	// An error is one of the available file's, which stops the server.
	_ = s.server.feed.connect()
	return 0
}

// disconnect says why, and ends the response properly.
func (s *session) disconnect(name faultplan.Name, variant string) error {
	if err := s.out.line(s.server.feed.deadline(s.place.ctx), disconnectMessage(variant)); err != nil {
		return err
	}
	s.server.board.Fired(name) // told; a client may leave before the response has ended
	if err := s.out.end(s.server.feed.deadline(s.place.ctx)); err != nil {
		return err
	}
	return ended{string(name)}
}

// reset throws away what is on its way and lets the client's next read fail.
func (s *session) reset() error {
	conn := s.conn
	s.last.look()
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := errors.Join(tcp.SetLinger(0), tcp.Close()); err != nil {
			return err
		}
	}
	s.server.board.Fired(faultplan.Reset)
	return ended{string(faultplan.Reset)}
}
