package xstream

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

// userAgent tells X who asks, with a version, as its documentation wants.
const userAgent = "catsvdogs-ingest/1.0"

const (
	streamPath      = "/2/tweets/search/stream"
	rulesPath       = streamPath + "/rules"
	searchPath      = "/2/tweets/search/recent"
	connectionsPath = "/2/connections"
	usagePath       = "/2/usage/tweets"
)

// Bounds on a request other than the stream.
const (
	callTimeout    = 10 * time.Second
	maxAnswerBytes = 16 << 20 // a page of 100 long posts with all they refer to
	maxErrorBytes  = 64 << 10 // what is read of an answer that is no success
)

// client sends requests with the token. Safe for concurrent use.
type client struct {
	base   *url.URL
	token  config.Secret
	logger *slog.Logger
	http   *http.Client
	// simulated: the last answer came from our simulator.
	simulated atomic.Bool
}

// newClient returns a client of base. dial may be nil.
func newClient(base *url.URL, token config.Secret, logger *slog.Logger, dial Dialer) *client {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	// HTTP/1.1 and a connection for each request: the end of a stream then closes its connection, so X sees at once that
	// the place is free; a reconnect never lands on a connection that has gone dead; and net/http does not repeat a
	// request by itself, as it does when a connection in reuse breaks, which would be a connect that nobody counts.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &client{base: base, token: token, logger: logger, http: &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dial,
			TLSHandshakeTimeout: 10 * time.Second,
			Protocols:           protocols,
			DisableKeepAlives:   true,
			ReadBufferSize:      64 << 10,
			// A compressed stream holds posts and keep-alives back until a block is full.
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		// The token goes to the host that it was given for and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// hide takes the token out of what comes from outside: a server may send it back in an error.
func (c *client) hide(text string) string {
	if c.token == "" {
		return text
	}
	return strings.ReplaceAll(text, c.token.Reveal(), "[hidden]")
}

// hideError is hide for an error. The chain is kept unless the token is in it. It also takes off what net/http puts
// around an error, a URL that is the same each time and half a screen long.
func (c *client) hideError(err error) error {
	if around := new(url.Error); errors.As(err, &around) {
		err = around.Err
	}
	if text := err.Error(); c.hide(text) != text {
		return errors.New(c.hide(text))
	}
	return err
}

// request makes a request with the token.
func (c *client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Request, error) {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, c.hideError(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// call sends a request other than for the stream and decodes the answer, any 2xx, into answer. Its errors are *Failure.
func (c *client) call(ctx context.Context, doing, method, path string, query url.Values, body, answer any) error {
	return c.callWithin(ctx, maxAnswerBytes, doing, method, path, query, body, answer)
}

// callWithin is call with a bound on the bytes of the answer.
func (c *client) callWithin(ctx context.Context, most int64, doing, method, path string, query url.Values, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
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
	resp, err := c.http.Do(req)
	if err != nil {
		return &Failure{Kind: Network, Doing: doing, Err: c.hideError(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	c.answered(resp)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return c.failure(doing, resp)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return &Failure{Kind: Network, Doing: doing, Err: c.hideError(err)}
	}
	if int64(len(b)) > most {
		return &Failure{Kind: HTTP, Doing: doing, Status: resp.StatusCode, Err: fmt.Errorf("the answer is over %d bytes", most)}
	}
	if err := json.Unmarshal(b, answer); err != nil {
		return &Failure{Kind: HTTP, Doing: doing, Status: resp.StatusCode, Err: c.hideError(fmt.Errorf("read the answer: %w", err))}
	}
	return nil
}

// answered notes whether it is a simulator that answers.
func (c *client) answered(resp *http.Response) {
	c.simulated.Store(strings.HasPrefix(resp.Header.Get("Server"), simulatorServer))
}

// failure reads an answer that is no success.
func (c *client) failure(doing string, resp *http.Response) *Failure {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBytes)) // what came before an error is still worth reading
	f := judge(doing, resp.StatusCode, resp.Header, problems(body, c.hide), time.Now())
	if to, err := resp.Location(); err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 {
		f.Err = fmt.Errorf("redirects are not followed, because the token would go along; this one leads to %s", bounded(c.hide(to.Host)))
	}
	return f
}
