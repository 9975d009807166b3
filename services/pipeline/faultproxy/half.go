package faultproxy

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
)

// HalfBulk has Elasticsearch do the first half of a bulk request's items, and ends the connection in place of the answer, as a
// node does that dies in the middle of it; of has bulk requests alone. One that has no half, or of which Elasticsearch has not
// done it, is no hit.
func HalfBulk(of Of) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func()) {
		if !of(r) {
			forward.ServeHTTP(w, r)
			return
		}
		body, err := plain(r)
		if err != nil {
			hangUp(w)
			return
		}
		half := firstHalf(body)
		cut := r.Clone(r.Context())
		cut.Header.Del("Content-Encoding")
		cut.Body, cut.ContentLength = io.NopCloser(bytes.NewReader(half)), int64(len(half))
		lost := &answer{header: http.Header{}}
		if len(half) > 0 {
			forward.ServeHTTP(lost, cut)
		}
		if lost.status == http.StatusOK {
			hit()
		}
		hangUp(w)
	}
}

// plain returns a request's body, unpacked.
func plain(r *http.Request) ([]byte, error) {
	in := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, fmt.Errorf("unpack a bulk request: %w", err)
		}
		in = unpacked
	}
	body, err := io.ReadAll(io.LimitReader(in, maxBody))
	if err != nil {
		return nil, fmt.Errorf("read a bulk request: %w", err)
	}
	return body, nil
}

// firstHalf returns half of the items of a bulk request, rounded down: lines of an action, each followed by a document but for
// deletions (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk).
func firstHalf(body []byte) []byte {
	var ends []int
	at, document := 0, false
	for line := range bytes.Lines(body) {
		at += len(line)
		switch {
		case document:
			document = false
		case bytes.HasPrefix(bytes.TrimSpace(line), []byte(`{"delete"`)):
		default:
			document = true
			continue
		}
		ends = append(ends, at)
	}
	if len(ends) < 2 {
		return nil
	}
	return body[:ends[len(ends)/2-1]]
}

// answer takes an answer that nobody is to get.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return len(p), nil
}

func (a *answer) WriteHeader(status int) {
	if status >= 200 {
		a.status = status
	}
}
