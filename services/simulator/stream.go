package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"catsvdogs/services/simulator/wire"
)

const (
	// slowReaderTimeout is how long one write may take. The kernel's buffers
	// are full by then: the client does not read. X drops it too (SlowReader).
	slowReaderTimeout = 10 * time.Second
	// lastWriteTimeout bounds what is still written after the stop was asked for.
	lastWriteTimeout = time.Second
)

// stream is GET /2/tweets/search/stream.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) { // the mux lets HEAD through; chunks need 1.1
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "GET with HTTP/1.1 is needed", http.StatusMethodNotAllowed)
		return
	}
	fields, mistakes := wire.StreamRequest(r.URL.Query())
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	if s.rules.count() == 0 {
		writeProblem(w, withoutRules())
		return
	}
	if !s.streams.begin(r.Context()) {
		writeProblem(w, tooManyConnections())
		return
	}
	defer s.streams.leave()
	// The connection itself, because what counts as emitted is what it took:
	// a ResponseWriter does not tell where in its buffers a write failed.
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.log.Error("take over the stream's connection", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	s.metrics.connected.Set(1)
	err = s.run(conn, buffered, w.Header(), fields)
	s.metrics.connected.Set(0)
	reason := endReason(err)
	s.metrics.dropped.WithLabelValues(reason).Inc()
	s.log.Info("stream ended", "reason", reason, "error", err)
}

var errClientGone = errors.New("the client closed the connection")

func endReason(err error) string {
	switch {
	case err == nil:
		return "stopped"
	case errors.Is(err, errTruth):
		return "truth"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "slow_reader"
	default:
		return "client"
	}
}

// run writes the response until the client goes (an error) or the server stops
// (nil).
func (s *server) run(conn net.Conn, buffered io.Reader, header http.Header, fields wire.Fields) error {
	gone := make(chan struct{})
	defer func() {
		_ = conn.Close()
		<-gone
	}()
	go func() {
		// A client has nothing more to say; the read ends when it goes.
		_, _ = io.Copy(io.Discard, buffered)
		close(gone)
	}()
	// The server's own deadlines were for the request.
	if err := conn.SetDeadline(s.now().Add(s.feed.writeTimeout)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if err := writeHead(conn, header, s.now()); err != nil {
		return err
	}
	release := context.AfterFunc(s.streams.ctx, func() {
		// A client that does not read must not hold up the stop.
		_ = conn.SetWriteDeadline(time.Now().Add(lastWriteTimeout))
	})
	defer release()
	return s.pump(conn, gone, fields)
}

// pump alternates between writing what is due and waiting for more.
func (s *server) pump(conn net.Conn, gone <-chan struct{}, fields wire.Fields) error {
	s.feed.connect()
	spoke := s.now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		sent, wait, err := s.feed.send(s.streams.ctx, conn, fields)
		if err != nil {
			return err
		}
		now := s.now()
		if sent {
			spoke = now
		}
		silence := s.cfg.KeepAlive - now.Sub(spoke)
		if silence <= 0 {
			if err := s.feed.writeChunk(s.streams.ctx, conn, keepAlive()); err != nil {
				return err
			}
			spoke, silence = now, s.cfg.KeepAlive
		}
		timer.Reset(min(wait, silence))
		select {
		case <-s.streams.ctx.Done():
			return s.feed.writeChunk(s.streams.ctx, conn, lastChunk())
		case <-gone:
			return errClientGone
		case <-s.feed.wake:
		case <-timer.C:
		}
	}
}

// writeHead begins a chunked response of unknown length.
func writeHead(conn io.Writer, header http.Header, now time.Time) error {
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	header = header.Clone()
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-cache, no-store, max-age=0")
	header.Set("Transfer-Encoding", "chunked")
	if err := header.Write(&head); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	head.WriteString("\r\n")
	if _, err := conn.Write(head.Bytes()); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	return nil
}
