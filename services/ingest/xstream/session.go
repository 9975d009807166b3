package xstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"catsvdogs/services/ingest/line"
	"catsvdogs/services/pipeline/topic"
)

// streamQuery asks for every field that is used further down. Authors are not expanded: X does not say whether included
// users are billed as user reads.
var streamQuery = url.Values{
	"tweet.fields": {"attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id," +
		"lang,note_tweet,paid_partnership,possibly_sensitive,public_metrics,referenced_tweets,scopes"},
	"expansions":   {"attachments.media_keys,referenced_tweets.id,referenced_tweets.id.attachments.media_keys"},
	"media.fields": {"media_key,type,url,preview_image_url,width,height,duration_ms,alt_text"},
}

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
	query := streamQuery
	if s.backfill > 0 {
		query = maps.Clone(streamQuery)
		query.Set("backfill_minutes", strconv.Itoa(s.backfill))
	}
	req, err := s.client.request(conn, http.MethodGet, streamPath, query, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	req = req.WithContext(httptrace.WithClientTrace(conn, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { s.sent.Store(true) }, // in part, too
	}))
	s.watch.arm() // a connect may hang as well as a stream
	resp, err := s.client.http.Do(req)
	if err != nil {
		if errors.Is(context.Cause(conn), errStalled) {
			err = errStalled
		}
		return &Failure{Kind: Network, Doing: doing, Err: s.client.hideError(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	s.client.answered(resp)
	if resp.StatusCode != http.StatusOK {
		return s.client.failure(doing, resp)
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return &Failure{Kind: HTTP, Doing: doing, Status: resp.StatusCode, Err: errors.New("the stream is encoded, which was not asked for")}
	}
	s.connected = time.Now()
	s.pace.connected()
	s.announce()
	err = s.read(ctx, line.NewReader(&countedBody{s: s, body: resp.Body}, topic.MaxLineBytes, line.KeptBytes))
	if f := new(Failure); errors.As(err, &f) {
		return f
	}
	f := &Failure{Kind: Cut, Doing: "read the stream", Err: s.client.hideError(err)}
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
		now := time.Now()
		s.pace.wait(now.Sub(began))
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
		m := parseMessage(l.Bytes, s.client.hide)
		if len(m.problems) > 0 {
			for _, p := range m.problems {
				s.metrics.streamErrors.WithLabelValues(p.Label()).Inc()
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
			return &Failure{Kind: OverBudget, Doing: "read the stream"}
		}
	}
}

// told turns X's own words about the stream into a failure, nil when they do not end it.
func told(said []Problem) *Failure {
	if !slices.ContainsFunc(said, Problem.disconnects) {
		return nil
	}
	f := &Failure{Kind: Disconnected, Doing: "read the stream", Problems: said}
	for _, p := range said {
		switch {
		case p.outOfCredit():
			f.Kind = NoCredit
		case p.ConnectionIssue == tooManyConnections && f.Kind != NoCredit:
			f.Kind = TooManyConnections
		}
	}
	return f
}

// remarkEvery is how often what X says beside the posts is logged at most.
const remarkEvery = time.Minute

// remark logs what X said without ending the stream.
func (s *session) remark(said []Problem, now time.Time) {
	if now.Sub(s.remarked) >= remarkEvery {
		s.remarked = now
		s.opts.Logger.Warn("X tells of an error in the stream, which goes on", "error", said[0].String())
	}
}
