package xstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
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
	backfill  int       // minutes that X is asked to send again; 0 for none
	connected time.Time // zero until X has accepted
	received  int64     // bytes
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
	err = s.read(ctx, line.NewReader(&countedBody{s, resp.Body}, topic.MaxLineBytes, line.KeptBytes))
	if f := new(Failure); errors.As(err, &f) {
		return f
	}
	f := &Failure{Kind: Cut, Doing: "read the stream", Err: s.client.hideError(err)}
	switch {
	case errors.Is(context.Cause(conn), errStalled):
		f.Kind, f.Err = Stalled, errStalled
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
			return told(m.problems)
		}
		s.metrics.lines.Inc()
		if since, lull := s.pace.post(now); lull {
			s.lulled(since, now) // first, so that this post's record is marked
		}
		s.outlet.post(ctx, l, m, "")
		if m.id == "" {
			continue
		}
		s.cover.saw(m.id, now)
		if s.opts.Spend.Bill(m.id) {
			return &Failure{Kind: OverBudget, Doing: "read the stream"}
		}
	}
}

// told turns X's own words about the stream into a failure.
func told(said []Problem) *Failure {
	f := &Failure{Kind: Disconnected, Doing: "read the stream", Problems: said}
	for _, p := range said {
		if p.outOfCredit() {
			f.Kind = NoCredit
		}
	}
	return f
}

// countedBody arms the stall watch around each read, so that only waiting for X counts: time in which a full buffer
// holds the reader back is not X's silence.
type countedBody struct {
	s    *session
	body io.Reader
}

func (b *countedBody) Read(p []byte) (int, error) {
	b.s.watch.arm()
	n, err := b.body.Read(p)
	b.s.watch.disarm()
	if n > 0 {
		b.s.received += int64(n)
		b.s.metrics.bytes.Add(float64(n))
		b.s.metrics.lastByte.SetToCurrentTime()
	}
	return n, err
}
