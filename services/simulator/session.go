package simulator

import (
	"context"
	"errors"
	"net"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

// session is one stream while it is open.
type session struct {
	*delivery
	server *server
	place  *connection
	conn   net.Conn

	spoke time.Time
	stall *stall
}

// stall is a time in which no posts are sent.
type stall struct {
	name  faultplan.Name
	until time.Time // zero: for as long as the fault is switched on, or for ever
	mute  bool      // no keep-alives either
	ever  bool
}

// pump alternates between writing what is due and waiting for more.
func (s *session) pump() error {
	feed := s.server.feed
	s.spoke = s.server.now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := s.suffer(); err != nil {
			return err
		}
		sent, wait, err := false, s.stalled(), error(nil)
		if s.stall == nil {
			sent, wait, err = feed.send(s.place.ctx, s.delivery)
		}
		if err != nil {
			return err
		}
		if s.enough() {
			return s.finish(faultplan.CleanClose)
		}
		silence, err := s.keepAlive(sent)
		if err != nil {
			return err
		}
		timer.Reset(min(wait, silence))
		select {
		case <-s.place.ctx.Done():
			return s.stop()
		case <-feed.wake:
		case <-timer.C:
		}
	}
}

// keepAlive sends a blank line after too long a silence, and says when the next
// is due.
func (s *session) keepAlive(sent bool) (time.Duration, error) {
	now := s.server.now()
	if sent {
		s.spoke = now
	}
	if s.stall != nil && s.stall.mute {
		return asleep, nil
	}
	silence := s.server.cfg.KeepAlive - now.Sub(s.spoke)
	if silence > 0 {
		return silence, nil
	}
	s.spoke = now
	return s.server.cfg.KeepAlive, s.out.keepAlive(s.server.feed.deadline(s.place.ctx))
}

// stop ends a stream that may not go on: the server stops, or the connection
// was deleted, which X says in the stream.
func (s *session) stop() error {
	cause := context.Cause(s.place.ctx)
	if errors.Is(cause, errClientGone) {
		return cause
	}
	if s.stall != nil && s.stall.mute {
		return nil
	}
	deadline := s.server.now().Add(lastWriteTimeout)
	if !errors.Is(cause, errKilled) {
		return s.out.end(deadline)
	}
	err := s.out.line(deadline, disconnectMessage("ForceDisconnect"))
	if err == nil {
		err = s.out.end(deadline)
	}
	return errors.Join(ended{"force_disconnect"}, err)
}

// finish ends the response properly, for a fault.
func (s *session) finish(name faultplan.Name) error {
	if err := s.out.end(s.server.feed.deadline(s.place.ctx)); err != nil {
		return err
	}
	s.server.board.Fired(name)
	return ended{string(name)}
}
