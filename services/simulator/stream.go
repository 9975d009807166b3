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
	"strings"
	"time"

	"catsvdogs/services/simulator/faultplan"
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
	if s.refuse(w) {
		return
	}
	fields, mistakes := wire.StreamRequest(r.URL.Query())
	if len(mistakes) == 0 {
		mistakes = s.beyondPlan(r.URL.Query())
	}
	if len(mistakes) > 0 {
		writeProblem(w, fromMistakes(mistakes))
		return
	}
	if s.rules.count() == 0 {
		writeProblem(w, connectionException(http.StatusConflict, "RuleConfigurationIssue"))
		return
	}
	place := s.connections.begin(r.Context(), r.RemoteAddr)
	if place == nil {
		writeProblem(w, connectionException(http.StatusTooManyRequests, "TooManyConnections"))
		return
	}
	reason, stuck := "internal_error", time.Duration(0)
	farewell := func() {}
	defer func() {
		s.connections.leave(place, reason, stuck)
		// After the place is given back: a client may come again before it has
		// quite left.
		farewell()
		s.connections.running.Done()
	}()
	// The connection itself, because what counts as emitted is what it took:
	// a ResponseWriter does not tell where in its buffers a write failed.
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.log.Error("take over the stream's connection", "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	s.metrics.connected.Set(1)
	compressed := acceptsGzip(r.Header)
	gone := make(chan error, 1)
	go func() {
		// A client has nothing more to say; the read ends when it goes.
		_, err := io.Copy(io.Discard, buffered)
		place.cancel(errClientGone)
		gone <- err
	}()
	d := newDelivery(newOutlet(conn, compressed), fields)
	d.last = &tail{id: place.id, conn: conn}
	err = s.run(place, conn, responseHeader(w.Header(), compressed), d, s.missedBy(r.URL.Query()))
	farewell = func() { s.farewell(conn, gone, d.last, err) }
	s.metrics.connected.Set(0)
	reason = endReason(err)
	s.metrics.dropped.WithLabelValues(reason).Inc()
	s.log.Info("stream ended", "reason", reason, "error", err)
	if act, ok := s.board.Next(faultplan.StuckConnection); ok && reason == "client" {
		s.board.Take(faultplan.StuckConnection)
		s.board.Fired(faultplan.StuckConnection)
		stuck = act.For
	}
}

var errClientGone = errors.New("the client closed the connection")

func endReason(err error) string {
	var ours ended
	switch {
	case err == nil:
		return "stopped"
	case errors.As(err, &ours):
		return ours.reason
	case errors.Is(err, errTruth):
		return "truth"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "slow_reader"
	default:
		return "client"
	}
}

// run writes the response until the client goes (an error) or the server stops
// (nil). It leaves the connection open.
func (s *server) run(place *connection, conn net.Conn, header http.Header, d *delivery, missed span) error {
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
	release := context.AfterFunc(place.ctx, func() {
		// A client that does not read must not hold up the stop.
		_ = conn.SetWriteDeadline(time.Now().Add(lastWriteTimeout))
	})
	defer release()
	if err := s.feed.connect(); err != nil {
		return err
	}
	defer s.feed.leave()
	if err := s.feed.backfill(place.ctx, d, missed.after, missed.before); err != nil {
		return err
	}
	session := &session{server: s, place: place, conn: conn, delivery: d}
	return session.pump()
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3) as far as it
// matters: gzip is named and not refused.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return strings.Trim(strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q="), "0.") != "" || !strings.Contains(weight, "q=")
		}
	}
	return false
}

func responseHeader(header http.Header, compressed bool) http.Header {
	header = header.Clone()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-cache, no-store, max-age=0")
	header.Set("Transfer-Encoding", "chunked")
	if compressed {
		header.Set("Content-Encoding", "gzip")
	}
	return header
}

// writeHead begins a chunked response of unknown length.
func writeHead(conn io.Writer, header http.Header, now time.Time) error {
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n")
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	if err := header.Write(&head); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	head.WriteString("\r\n")
	if _, err := conn.Write(head.Bytes()); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	return nil
}
