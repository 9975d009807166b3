package simulator

import (
	"errors"
	"net"
	"os"
	"time"
)

// farewellTimeout bounds the wait for a client to take its leave.
const farewellTimeout = time.Second

// farewell closes the connection of a stream that has ended with err, and writes
// down what of it is not sure to have been read. gone receives the end of what
// the client says: nil when it has closed the connection having read everything,
// for a kernel resets one that is closed with something unread (RFC 2525,
// section 2.17).
func (s *server) farewell(conn net.Conn, gone <-chan error, last *tail, err error) {
	var ours ended
	byUs := err == nil || errors.As(err, &ours)
	patience := time.NewTimer(farewellTimeout)
	defer patience.Stop()
	heard, left := error(nil), false
	if byUs && endWriting(conn) == nil {
		select {
		case heard = <-gone:
			left = true
		case <-patience.C:
		}
	}
	last.look()
	acknowledged := left && heard == nil
	_ = conn.Close()
	if !left {
		heard = <-gone
	}
	if acknowledged {
		return
	}
	// A connection that was closed here is an error of our own making.
	unread := errors.Is(err, os.ErrDeadlineExceeded) || heard != nil && !errors.Is(heard, net.ErrClosed)
	end := s.now()
	if after, all := last.sure(end, unread); !all {
		// An error is the truth file's, which stops the server.
		_, _ = s.truth.record([]handover{{at: end, kind: kindCut, connection: last.id, after: after}})
	}
}

// endWriting tells the client that nothing more comes, without closing its way
// to answer.
func endWriting(conn net.Conn) error {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}
