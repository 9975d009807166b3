package faultproxy

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
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

// conditional writes are those that S3 does only if an object is there, is not, or is as it was.
func conditional(r *http.Request) bool {
	return r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Match") != ""
}

// Alternately is every second one of such requests, beginning with the first: a client that tries again shall get on.
func Alternately(of Of) Of {
	var mu sync.Mutex
	turn := false
	return func(r *http.Request) bool {
		if !of(r) {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		turn = !turn
		return turn
	}
}

// Answer is what a fault answers in place of the server.
type Answer struct {
	Status int
	Type   string // Content-Type
	Body   string
	Header map[string]string // others
}

// Refuse answers instead of the server, which does not see the request.
func Refuse(of Of, a Answer) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func()) {
		if !of(r) {
			forward.ServeHTTP(w, r)
			return
		}
		// Read to its end, within bounds: a server that refuses has taken the body first, and so the client need not try the
		// connection again.
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxBody))
		hit()
		for name, value := range a.Header {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", a.Type)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	}
}

// maxBody bounds what is read of a request.
const maxBody = 128 << 20

// HangUp ends the connection in place of an answer, as where no server is. A server that is there does not see the request.
func HangUp(of Of) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func()) {
		if !of(r) {
			forward.ServeHTTP(w, r)
			return
		}
		hit()
		hangUp(w)
	}
}

// Slow forwards requests so much later. The client may give up meanwhile.
func Slow(of Of, delay time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func()) {
		if !of(r) {
			forward.ServeHTTP(w, r)
			return
		}
		select {
		case <-time.After(delay):
			hit()
			forward.ServeHTTP(w, r)
		case <-r.Context().Done():
			hit()
			hangUp(w)
		}
	}
}

// LoseAnswer has the server do what it is asked, and ends the connection in place of its answer. Only what the server has done is a
// hit: the answer that it refuses is of no worth.
func LoseAnswer(of Of) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func()) {
		if !of(r) {
			forward.ServeHTTP(w, r)
			return
		}
		lost := &answer{header: http.Header{}}
		forward.ServeHTTP(lost, r)
		if lost.status >= 200 && lost.status < 300 {
			hit()
		}
		hangUp(w)
	}
}

// NoConditions answers every write under a condition as a store does that has none: 501 NotImplemented
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func NoConditions() Fault {
	return Refuse(conditional, Answer{Status: http.StatusNotImplemented, Type: "application/xml", Body: notImplemented})
}

// Watch changes nothing. Its hits are the requests that the server itself answers with such a status.
func Watch(of Of, such func(status int) bool) Fault {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler, hit func()) {
		if !of(r) {
			forward.ServeHTTP(w, r)
			return
		}
		forward.ServeHTTP(&watched{ResponseWriter: w, such: such, hit: hit}, r)
	}
}

// watched looks at the status of an answer that passes.
type watched struct {
	http.ResponseWriter
	such func(status int) bool
	hit  func()
}

func (w *watched) WriteHeader(status int) {
	if status >= 200 && w.such(status) { // what comes before is not yet the answer
		w.hit()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }
