package xstream

import (
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/xapi"
)

// session is one connection to the stream.
type session struct {
	*Stream
	watch     *stallWatch
	backfill  int         // minutes that X is asked to send again; 0 for none
	connected time.Time   // zero until X has accepted
	sent      atomic.Bool // the request was written, so that X may have got it
	received  int64       // bytes
	well      bool        // for so long that an end is a first failure again
	remarked  time.Time   // when an error that did not end the stream was logged last
	// repaired is the gap that backfill is to fill; it counts as filled when the stream has lasted.
	repaired *gap
}

// run connects and hands lines out until the stream ends, and says why it did: a *Failure, unless ctx has ended.
func (s *session) run(ctx context.Context) error {
	conn, cancel := context.WithCancelCause(ctx) // ends with the stall watch, too
	defer cancel(nil)
	s.watch = newStallWatch(s.opts.StallTimeout+keepAliveGrace, cancel)
	defer s.watch.disarm()
	const doing = "connect to the stream"
	query := s.client.Fields()
	if s.backfill > 0 {
		query.Set("backfill_minutes", strconv.Itoa(s.backfill))
	}
	s.watch.arm() // a connect may hang as well as a stream
	resp, err := s.client.Open(httptrace.WithClientTrace(conn, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { s.sent.Store(true) }, // in part, too
	}), doing, streamPath, query)
	if f := new(Failure); errors.As(err, &f) && f.Kind == xapi.Network && errors.Is(context.Cause(conn), errStalled) {
		f.Err = errStalled
	}
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return &Failure{Kind: xapi.HTTP, Doing: doing, Status: resp.StatusCode, Err: errors.New("the stream is encoded, which was not asked for")}
	}
	s.connected = s.client.Now()
	s.pace.connected()
	s.announce()
	err = s.read(ctx, line.NewReader(&countedBody{s: s, body: resp.Body}, topic.MaxLineBytes, line.KeptBytes))
	if f := new(Failure); errors.As(err, &f) {
		return f
	}
	f := &Failure{Kind: Cut, Doing: "read the stream", Err: s.client.HideError(err)}
	switch {
	case errors.Is(context.Cause(conn), errStalled):
		f.Kind, f.Err = Stalled, errStalled
	case errors.Is(err, errEndless):
		f.Kind, f.Err = Stalled, errEndless
	case errors.Is(err, io.EOF):
		f.Kind, f.Err = Closed, errors.New("it was closed in order")
	}
	return f
}

// read hands lines out until the connection or X itself ends the stream. What has been received before a stop is still
// handed out: the connection is what ends, not this loop.
func (s *session) read(ctx context.Context, lines *line.Reader) error {
	for {
		began := time.Now()
		l, err := lines.Next()
		if err != nil {
			return err
		}
		s.pace.wait(time.Since(began))
		now := s.client.Now()
		s.alive(ctx, now)
		if len(l.Bytes) == 0 {
			s.metrics.keepAlives.Inc()
			if s.pace.deaf() {
				return &Failure{Kind: Stalled, Doing: "read the stream", Err: errDeaf}
			}
			continue
		}
		if !l.Ended {
			if ctx.Err() != nil {
				continue // we cut it ourselves, to stop
			}
			// What the connection's end has cut is kept like any broken line: it was received, and says which post
			// is missing.
			s.metrics.unfinished.Inc()
		}
		m := parseMessage(l.Bytes, s.client.Hide)
		if len(m.problems) > 0 {
			for _, p := range m.problems {
				s.metrics.streamErrors.WithLabelValues(label(p)).Inc()
			}
			if f := told(m.problems); f != nil {
				return f
			}
			s.remark(m.problems, now)
			continue
		}
		s.metrics.lines.Inc()
		if since, lull := s.pace.post(now); lull {
			s.lulled(since, now) // first, so that this post's record is marked
		}
		s.paceKnown.Store(int64(s.pace.known()))
		// X bills what it sends, also what cannot be read here. First, so that what waits for room is not forgotten.
		exhausted := !m.deleted && s.opts.Spend.Bill(m.id)
		s.outlet.post(ctx, l, m, "")
		s.cover.saw(m.id, now)
		if exhausted {
			return &Failure{Kind: OverBudget, Doing: "read the stream", Advice: adviceBudget}
		}
	}
}

// told turns X's own words about the stream into a failure, nil when they do not end it.
func told(said []xapi.Problem) *Failure {
	if !slices.ContainsFunc(said, disconnects) {
		return nil
	}
	f := &Failure{Kind: Disconnected, Doing: "read the stream", Problems: said}
	for _, p := range said {
		switch {
		case p.OutOfCredit():
			f.Kind = xapi.NoCredit
		case p.ConnectionIssue == xapi.IssueTooManyConnections && f.Kind != xapi.NoCredit:
			f.Kind = xapi.TooManyConnections
		}
	}
	return f
}

// remarkEvery is how often what X says beside the posts is logged at most.
const remarkEvery = time.Minute

// remark logs what X said without ending the stream.
func (s *session) remark(said []xapi.Problem, now time.Time) {
	if now.Sub(s.remarked) >= remarkEvery {
		s.remarked = now
		s.opts.Logger.Warn("X tells of an error in the stream, which goes on", "error", said[0].String())
	}
}
