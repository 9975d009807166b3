package xapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"catsvdogs/services/pipeline/config"
)

// simulatorServer starts the Server header of our simulator.
const simulatorServer = "catsvdogs-simulator"

// Bounds on a request whose answer is read at once.
const (
	// CallTimeout is how long such a request takes at most, its answer included.
	CallTimeout    = 10 * time.Second
	maxAnswerBytes = 16 << 20 // a page of 100 long posts with all they refer to
	maxErrorBytes  = 64 << 10 // what is read of an answer that is no success
)

// Dialer opens a connection, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// Options are what a Client needs. Those under "May be left out" may be.
type Options struct {
	URL   *url.URL      // of the API, without a path of its own
	Token config.Secret // bearer token of the app
	// UserAgent tells X who asks, with a version, as its documentation wants: "catsvdogs-ingest/1.0".
	UserAgent string
	// Needs is what the account's plan has to include for what is asked, for the advice where X refuses: "the filtered
	// stream".
	Needs string

	// May be left out:

	Dial Dialer // nil for TCP
	// Authors asks for the names of posts' authors as well. X does not say whether it bills for included users.
	Authors bool
	// Reuse keeps connections between requests. net/http then repeats a GET by itself when one that it had kept turns out
	// to be closed: not for requests that must be counted exactly, such as connects of the stream.
	Reuse bool
	// Logger is told when this host's clock becomes wrong, and when it is right again; nil for nobody.
	Logger *slog.Logger
}

// Client sends requests with the token. Safe for concurrent use.
type Client struct {
	opts Options
	http *http.Client
	// simulated: the last answer came from our simulator.
	simulated atomic.Bool
	clock     clock
}

// New returns a client that is not connected.
func New(o Options) *Client {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	// HTTP/1.1 and, but for Reuse, a connection for each request: the end of a stream then closes its connection, so X sees
	// at once that the place is free; and a reconnect never lands on a connection that has gone dead.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &Client{opts: o, clock: clock{logger: o.Logger}, http: &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         o.Dial,
			TLSHandshakeTimeout: 10 * time.Second,
			Protocols:           protocols,
			DisableKeepAlives:   !o.Reuse,
			IdleConnTimeout:     time.Minute,
			ReadBufferSize:      64 << 10,
			// A compressed stream holds posts and keep-alives back until a block is full.
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		// The token goes to the host that it was given for and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes connections that are kept and not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Now is the time at X, without a monotonic part: this host's while its clock is right, and what X's answers tell where it is
// not. Before the first answer it is this host's.
func (c *Client) Now() time.Time { return c.clock.tell(present()) }

// Simulated says whether the last answer came from our simulator.
func (c *Client) Simulated() bool { return c.simulated.Load() }

// Hide takes the token out of what comes from outside: a server may send it back in an error.
func (c *Client) Hide(text string) string {
	if c.opts.Token == "" {
		return text
	}
	return strings.ReplaceAll(text, c.opts.Token.Reveal(), "[hidden]")
}

// HideError is Hide for an error. The chain is kept unless the token is in it. It also takes off what net/http puts
// around an error, a URL that is the same each time and half a screen long.
func (c *Client) HideError(err error) error {
	if around := new(url.Error); errors.As(err, &around) {
		err = around.Err
	}
	if text := err.Error(); c.Hide(text) != text {
		return errors.New(c.Hide(text))
	}
	return err
}

// request makes a request with the token.
func (c *Client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	u := c.opts.URL.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, c.HideError(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.opts.Token.Reveal())
	req.Header.Set("User-Agent", c.opts.UserAgent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// Open sends a GET whose answer is read as it comes, for as long as ctx lives; the caller closes the body. An answer other
// than 200, or none, is a *Failure. doing says what is being done, for messages.
func (c *Client) Open(ctx context.Context, doing, path string, query url.Values) (*http.Response, error) {
	req, err := c.request(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	sent := present()
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &Failure{Kind: Network, Doing: doing, Err: c.HideError(err)}
	}
	c.answered(resp, sent)
	if resp.StatusCode != http.StatusOK {
		defer func() { _ = resp.Body.Close() }()
		return nil, c.failure(doing, resp)
	}
	return resp, nil
}

// Call sends a request and decodes the answer, any 2xx, into answer. A failed request, and an answer that cannot be read,
// is a *Failure. doing says what is being done, for messages; body is sent as JSON unless it is nil.
func (c *Client) Call(ctx context.Context, doing, method, path string, query url.Values, body, answer any) error {
	return c.CallWithin(ctx, maxAnswerBytes, doing, method, path, query, body, answer)
}

// CallWithin is Call with a bound on the bytes of the answer.
func (c *Client) CallWithin(ctx context.Context, most int64, doing, method, path string, query url.Values, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s: encode the request: %w", doing, err)
		}
		content = bytes.NewReader(b)
	}
	req, err := c.request(ctx, method, path, query, content)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	sent := present()
	resp, err := c.http.Do(req)
	if err != nil {
		return &Failure{Kind: Network, Doing: doing, Err: c.HideError(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	c.answered(resp, sent)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.failure(doing, resp)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return &Failure{Kind: Network, Doing: doing, Err: c.HideError(err)}
	}
	if int64(len(b)) > most {
		return &Failure{Kind: HTTP, Doing: doing, Status: resp.StatusCode, Err: fmt.Errorf("the answer is over %d bytes", most)}
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return c.unreadable(doing, resp.StatusCode, fmt.Errorf("read the answer: %w", err))
	}
	return nil
}

// unreadable is the failure of an answer that is a success by its status and says nothing that can be used.
func (c *Client) unreadable(doing string, status int, err error) *Failure {
	return &Failure{Kind: HTTP, Doing: doing, Status: status, Err: c.HideError(err)}
}

// answered notes whether it is a simulator that answers, and what time it says it is.
func (c *Client) answered(resp *http.Response, sent instant) {
	c.clock.heard(resp.Header, sent, present())
	c.simulated.Store(strings.HasPrefix(resp.Header.Get("Server"), simulatorServer))
}

// failure reads an answer that is no success.
func (c *Client) failure(doing string, resp *http.Response) *Failure {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes)) // what came before an error is still worth reading
	f := judge(doing, resp.StatusCode, resp.Header, problems(body, c.Hide), c.Now())
	if f.Kind == Forbidden && c.opts.Needs != "" {
		f.Advice = "check in X's developer console that the app belongs to a project whose plan includes " + c.opts.Needs
	}
	if to, err := resp.Location(); err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 {
		f.Err = fmt.Errorf("redirects are not followed, because the token would go along; this one leads to %s", Printable(c.Hide(to.Host)))
	}
	return f
}
