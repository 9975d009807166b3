package xapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"catsvdogs/services/pipeline/tweet"
)

const (
	// fileTimeout bounds an upload or a download as a whole: an upload URL is good for 15 minutes.
	fileTimeout = 15 * time.Minute
	// maxResultBytes bounds one line of results; X's have some 150.
	maxResultBytes = 4 << 10
	// maxResults bounds the lines, whatever a server sends.
	maxResults = 100_000_000
)

// errAddress is why an address that X gave is not used.
var errAddress = errors.New("the address is not one of https without a user, one on this machine, or one where X itself is asked")

// errRedirect is why another address is not gone to: it would have to be looked at anew.
var errRedirect = errors.New("redirects are not followed")

// Result is what X says about a post of a job. What is there still has none.
type Result struct {
	ID         string
	Action     string    // "delete"
	CreatedAt  time.Time // of the post; zero when X does not say
	RedactedAt time.Time // when it went; zero when X does not say
	Reason     string    // such as "deleted", "protected", "suspended"
}

// UnmarshalJSON reads a result as X sends it. Texts are made printable and bounded.
func (r *Result) UnmarshalJSON(b []byte) error {
	var w struct {
		ID         string `json:"id"`
		Action     string `json:"action"`
		CreatedAt  moment `json:"created_at"`
		RedactedAt moment `json:"redacted_at"`
		Reason     string `json:"reason"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("read a result: %w", err)
	}
	*r = Result{ID: w.ID, Action: Printable(w.Action), CreatedAt: w.CreatedAt.Time, RedactedAt: w.RedactedAt.Time, Reason: Printable(w.Reason)}
	return nil
}

// Upload sends ids of posts, one a line, to the address that a job has for them. The bearer token stays here: the address
// is signed, and on another host. A reader with a method Len, as those of bytes and strings, is sent with its length; another
// one in chunks. It ends with ctx, or after 15 minutes; its errors are *Failure.
func (c *Client) Upload(ctx context.Context, to string, ids io.Reader) error {
	const doing = "upload ids to a compliance job"
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	resp, err := c.file(ctx, doing, http.MethodPut, to, ids)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Download hands the results of a job to result, in their order, until all are read or result returns an error, which it
// then returns. A line that is no result is counted in unread and passed over: what it says of some post is not known. That
// all have come is sure only when the error is nil. It ends with ctx, or after 15 minutes; other errors are *Failure.
func (c *Client) Download(ctx context.Context, from string, result func(Result) error) (unread int, err error) {
	const doing = "download the results of a compliance job"
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	resp, err := c.file(ctx, doing, http.MethodGet, from, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, maxResultBytes), maxResultBytes)
	n := 0
	for ; lines.Scan(); n++ {
		if n == maxResults {
			return unread, c.unreadable(doing, resp.StatusCode, fmt.Errorf("there are more than %d results", maxResults))
		}
		if len(lines.Bytes()) == 0 {
			continue
		}
		var r Result
		if json.Unmarshal(lines.Bytes(), &r) != nil || !tweet.ValidXID(r.ID) {
			unread++
			continue
		}
		if err := result(r); err != nil {
			return unread, err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return unread, c.unreadable(doing, resp.StatusCode, fmt.Errorf("result %d is longer than %d bytes", n, maxResultBytes))
	case err != nil:
		return unread, &Failure{Kind: Network, Doing: doing, Err: c.HideError(err)}
	}
	return unread, nil
}

// file sends a request without the token to an address that X has given for a file, and returns an answer that is a
// success, whose body is to be closed.
func (c *Client) file(ctx context.Context, doing, method, address string, content io.Reader) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil || !c.usable(u) {
		// It may be signed, so it is not shown.
		return nil, &Failure{Kind: HTTP, Doing: doing, Err: errAddress}
	}
	length := int64(-1)
	if sized, ok := content.(interface{ Len() int }); ok {
		length = int64(sized.Len())
	}
	if content != nil {
		content = struct{ io.Reader }{content} // closing it is not ours
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), content)
	if err != nil {
		return nil, &Failure{Kind: HTTP, Doing: doing, Err: errAddress}
	}
	req.Header.Set("User-Agent", c.opts.UserAgent)
	if content != nil {
		req.ContentLength = length
		req.Header.Set("Content-Type", "text/plain")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &Failure{Kind: Network, Doing: doing, Err: c.HideError(err)}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer func() { _ = resp.Body.Close() }()
		f := c.failure(doing, resp)
		switch {
		case f.Final(): // the signature is wrong or too old, which says nothing about the account
			f.Kind, f.Advice = HTTP, ""
		case f.Err != nil:
			f.Err = errRedirect
		}
		return nil, f
	}
	return resp, nil
}

// usable says whether a file may be sent to an address: one that others cannot listen to, or the one that everything else
// goes to as well, as with a simulator in a network of its own.
func (c *Client) usable(u *url.URL) bool {
	if u.Hostname() == "" || u.User != nil {
		return false
	}
	asked := c.opts.URL
	return u.Scheme == "https" || u.Scheme == "http" && (loopback(u.Hostname()) || u.Scheme == asked.Scheme && u.Host == asked.Host)
}
