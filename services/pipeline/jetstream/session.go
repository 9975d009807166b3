package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/topic"
)

// dialTimeout bounds a connect, from the name look-up to the host's consent.
const dialTimeout = 10 * time.Second

// maxFrameBytes bounds an event in memory. A record of the AT Protocol has at most 1 MiB on its way to the hosts, a post
// some kilobytes.
const maxFrameBytes = topic.MaxLineBytes

// failureKind is why a session ended, as a label.
type failureKind string

const (
	unreachable failureKind = "unreachable" // no connection
	refused     failureKind = "refused"     // an answer that is no consent
	closed      failureKind = "closed"      // the host ended it in order
	cut         failureKind = "cut"         // the connection broke
	stalled     failureKind = "stalled"     // no event for too long
	told        failureKind = "told"        // the host said in the stream that it ends it
)

type failure struct {
	kind failureKind
	err  error
}

var errStalled = errors.New("no event came for too long")

// session is one connection.
type session struct {
	*Stream
	host      *url.URL
	connected time.Time
	asked     int64 // the cursor; 0 for none
	events    int
	placed    bool // an event has told where the host has begun
	frame     bytes.Buffer
	stall     *time.Timer
}

// run connects and hands events out until the connection ends, and says why it did.
func (s *session) run(ctx context.Context, cursor int64, handle Handle, missed Missed) failure {
	s.asked = cursor
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conn, failed := s.dial(ctx)
	if conn == nil {
		s.metrics.connects.WithLabelValues(string(failed.kind)).Inc()
		return failed
	}
	defer func() { _ = conn.CloseNow() }() // nothing is owed to the host
	// The library's bound would end the connection, and the same frame would end the next one, too.
	conn.SetReadLimit(-1)
	s.connected = time.Now()
	if s.position == 0 {
		s.position = s.connected.UnixMicro() // the present has been asked for, so from now on something can be missed
	}
	s.metrics.connects.WithLabelValues("connected").Inc()
	s.opts.Logger.Info("connected to Jetstream", "host", s.host.Host, "from", since(cursor))
	s.opts.Status("")

	s.stall = time.AfterFunc(s.opts.StallTimeout, func() { cancel(errStalled) })
	defer s.stall.Stop()
	err := s.read(ctx, conn, handle, missed)
	var said *bluesky.ServerError
	switch {
	case errors.Is(context.Cause(ctx), errStalled):
		return failure{stalled, errStalled}
	case errors.As(err, &said):
		return failure{told, fmt.Errorf("the host says %.80q: %.200q", said.Name, said.Message)}
	case websocket.CloseStatus(err) != -1:
		return failure{closed, err}
	default:
		return failure{cut, err}
	}
}

// dial returns a connection, or why there is none.
func (s *session) dial(ctx context.Context) (*websocket.Conn, failure) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, s.address(), &websocket.DialOptions{ //nolint:bodyclose // the library has closed it
		HTTPHeader: http.Header{"User-Agent": {"catsvdogs-" + s.opts.Service + "/1.0"}},
		HTTPClient: &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true,
				MaxResponseHeaderBytes: 64 << 10, ReadBufferSize: 64 << 10,
			},
			// Posts are taken from the hosts that were chosen and from no other.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		// The present is some 50 posts a second; a frame that is not compressed cannot unfold into something huge.
		CompressionMode: websocket.CompressionDisabled,
	})
	switch {
	case err == nil:
		return conn, failure{}
	case resp != nil && resp.StatusCode != 0:
		return nil, failure{refused, fmt.Errorf("the host answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))}
	default:
		return nil, failure{unreachable, err}
	}
}

// address is that of the stream from the cursor on.
func (s *session) address() string {
	u := *s.host
	q := url.Values{"wantedCollections": s.opts.Collections}
	if s.asked > 0 {
		q.Set("cursor", strconv.FormatInt(s.asked, 10))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// read hands events out until the connection or the host ends the stream. Only an event counts as a sign of life: a
// connection that stays open, or answers pings, is known to fall silent all the same.
func (s *session) read(ctx context.Context, conn *websocket.Conn, handle Handle, missed Missed) error {
	for {
		kind, frame, err := s.next(ctx, conn)
		if err != nil {
			return err
		}
		if frame == nil {
			continue
		}
		if kind != websocket.MessageText {
			s.metrics.unread.WithLabelValues("binary").Inc()
			continue
		}
		e, err := bluesky.ParseEvent(frame)
		var said *bluesky.ServerError
		if errors.As(err, &said) {
			return err
		}
		switch {
		case err != nil && e.Flawed:
			s.metrics.unread.WithLabelValues("no_post").Inc() // but whose it is can be told
		case err != nil:
			s.metrics.unread.WithLabelValues("no_event").Inc()
			continue
		}
		s.stall.Stop() // time in which a full buffer holds the reader back is not the host's silence
		now := time.Now()
		if gap, is := s.gap(e, now); is {
			missed(ctx, gap)
		}
		s.received(e, now)
		handle(ctx, e, frame)
		s.stall.Reset(s.opts.StallTimeout)
	}
}

// next returns the next frame; nil for one that was too large, of which nothing was kept.
func (s *session) next(ctx context.Context, conn *websocket.Conn) (websocket.MessageType, []byte, error) {
	kind, r, err := conn.Reader(ctx)
	if err != nil {
		return 0, nil, err
	}
	s.frame.Reset()
	n, err := s.frame.ReadFrom(io.LimitReader(r, maxFrameBytes+1))
	s.metrics.bytes.Add(float64(n))
	if err != nil {
		return 0, nil, err
	}
	if n <= maxFrameBytes {
		return kind, s.frame.Bytes(), nil
	}
	s.metrics.unread.WithLabelValues("too_large").Inc()
	rest, err := io.Copy(io.Discard, r) // bounded in time by the stall watch
	s.metrics.bytes.Add(float64(rest))
	return 0, nil, err
}

// gap says what is missing before the first event of the session. What was asked for again has been there before.
func (s *session) gap(e bluesky.Event, now time.Time) (Gap, bool) {
	if s.placed || Ahead(e.TimeUS, now) {
		return Gap{}, false
	}
	s.placed = true
	if s.asked == 0 || e.TimeUS-s.asked <= gapAfter.Microseconds() {
		return Gap{}, false
	}
	s.metrics.gap.Add(float64(e.TimeUS-s.position) / 1e6)
	s.opts.Logger.Error("events are missing: the host does not go back as far as it was asked to", "host", s.host.Host,
		"from", since(s.position), "to", since(e.TimeUS), "hosts_keep", Lookback)
	return Gap{From: s.position, To: e.TimeUS, Host: s.host.Host}, true
}

// received keeps count of an event before it is handed out.
func (s *session) received(e bluesky.Event, now time.Time) {
	s.events++
	s.metrics.events.WithLabelValues(label(e.Kind)).Inc()
	s.metrics.lastEvent.Set(float64(now.UnixMicro()) / 1e6)
	s.metrics.lag.Set(float64(now.UnixMicro()-e.TimeUS) / 1e6)
	s.passed(e.TimeUS, now)
}

// since writes a cursor for a person.
func since(cursor int64) string {
	if cursor == 0 {
		return "now"
	}
	return time.UnixMicro(cursor).UTC().Format(time.RFC3339)
}
