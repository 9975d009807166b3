package faultproxy

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Of says which requests a fault is for.
type Of func(*http.Request) bool

// Bulk requests of Elasticsearch, which are what is written there.
func Bulk(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/_bulk") }

// Puts are what is written to an S3 store: whole objects, parts, and the completion of an object in parts.
func Puts(r *http.Request) bool {
	return r.Method == http.MethodPut || r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

// Any request.
func Any(*http.Request) bool { return true }

// Answer is what a fault answers in place of the server.
type Answer struct {
	Status int
	Type   string // Content-Type
	Body   string
	Header map[string]string // others
}

// Refuse answers instead of the server, which does not see the request.
func Refuse(of Of, a Answer) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
		if !of(r) {
			return unless(w, r, forward)
		}
		// Read to its end, within bounds: a server that refuses has taken the body first, and so the client need not try the
		// connection again.
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxBody))
		for name, value := range a.Header {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", a.Type)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
		return true
	}
}

// maxBody bounds what is read of a request.
const maxBody = 128 << 20

// Slow forwards requests so much later. The client may give up meanwhile.
func Slow(of Of, delay time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
		if !of(r) {
			return unless(w, r, forward)
		}
		select {
		case <-time.After(delay):
			forward.ServeHTTP(w, r)
		case <-r.Context().Done():
			hangUp(w)
		}
		return true
	}
}

// LoseAnswer has the server do what it is asked, and ends the connection in place of its answer. It does so for every second
// request: a client that tries again shall get on.
func LoseAnswer(of Of) Fault {
	every := alternately()
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
		if !of(r) || !every() {
			return unless(w, r, forward)
		}
		lost := &answer{header: http.Header{}}
		forward.ServeHTTP(lost, r)
		hangUp(w)
		return lost.status >= 200 && lost.status < 300 // else nothing was done, and the answer of no worth
	}
}

// NoConditions answers every write under a condition as a store does that has none: 501 NotImplemented
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func NoConditions() Fault {
	refuse := Refuse(Any, Answer{Status: http.StatusNotImplemented, Type: "application/xml", Body: notImplemented})
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
		if r.Header.Get("If-None-Match") == "" && r.Header.Get("If-Match") == "" {
			return unless(w, r, forward)
		}
		return refuse(w, r, forward)
	}
}

// Watch changes nothing. It counts the requests that the server itself answers with such a status.
func Watch(of Of, counts func(status int) bool) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) bool {
		if !of(r) {
			return unless(w, r, forward)
		}
		seen := &watched{ResponseWriter: w}
		forward.ServeHTTP(seen, r)
		return counts(seen.status)
	}
}

// watched notes the status of an answer that passes.
type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
