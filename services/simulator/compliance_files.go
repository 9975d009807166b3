package simulator

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/wire"
)

// The files of compliance jobs. Who knows an address may use it: there is no
// token, as there is none at the store where X has them.
const (
	uploadPath   = "/compliance/uploads/"
	downloadPath = "/compliance/downloads/"
	// maxUpload is some three million ids.
	maxUpload = 64 << 20
)

// storeError is an error of the store behind X, which speaks for itself.
// https://docs.cloud.google.com/storage/docs/xml-api/reference-status
type storeError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string

	status int
}

var (
	noSuchFile  = storeError{Code: "NoSuchKey", Message: "The specified key does not exist.", status: http.StatusNotFound}
	tooLate     = storeError{Code: "ExpiredToken", Message: "The provided token has expired.", status: http.StatusBadRequest}
	tooLarge    = storeError{Code: "EntityTooLarge", Message: "Your proposed upload is larger than the maximum object size.", status: http.StatusBadRequest}
	noPlainText = storeError{Code: "SignatureDoesNotMatch", Message: "The address was signed for the content type text/plain.", status: http.StatusForbidden}
	written     = storeError{Code: "AccessDenied", Message: "The object was written before.", status: http.StatusForbidden}
)

func (e storeError) write(w http.ResponseWriter) {
	text, err := xml.Marshal(e)
	if err != nil {
		return // a struct of strings always encodes
	}
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
	w.WriteHeader(e.status)
	_, _ = fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?>%s", text) // a client that has gone cannot be told
}

// putIDs takes the upload of a job: ids, one a line, as text/plain. It is read
// as it comes and sets the job to work when it is whole; one that breaks off can
// be sent again. What is lost is judged by the moment at which it begins.
func (s *server) putIDs(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	of, ok := s.jobs.find(func(j *job) bool { return j.upload == key })
	if refusal, refused := refuseUpload(r, of, ok); refused {
		refusal.write(w)
		return
	}
	// The server's own deadline is for requests that fit into memory. An error
	// means a connection without deadlines, which waits longer still.
	_ = http.NewResponseController(w).SetReadDeadline(of.created.Add(uploadWithin))
	lost, broken, err := s.sift(http.MaxBytesReader(w, r.Body, maxUpload), of.kind)
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		tooLarge.write(w)
	case err != nil:
		w.WriteHeader(http.StatusBadRequest) // the client has gone
	case !s.jobs.submit(of.id, broken, lost):
		written.write(w)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func refuseUpload(r *http.Request, of shownJob, known bool) (storeError, bool) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case !known:
		return noSuchFile, true
	case of.state == jobExpired:
		return tooLate, true
	case of.state != jobCreated:
		return written, true
	case err != nil || kind != "text/plain":
		return noPlainText, true
	case r.ContentLength > maxUpload:
		return tooLarge, true
	}
	return storeError{}, false
}

// sift reads a list of ids to its end and keeps those of posts that are lost,
// each once. broken says that it holds something else, or nothing at all.
func (s *server) sift(from io.Reader, kind string) (lost []redaction, broken bool, err error) {
	now, in := s.now(), bufio.NewReader(from)
	seen := map[uint64]bool{}
	ids := 0
	for {
		text, err := in.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, false, fmt.Errorf("read ids: %w", err)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			broken = true // longer than any id
		}
		if text = bytes.TrimSpace(text); len(text) > 0 && !broken {
			ids++
			id, good := postID(text)
			broken = !good
			if of := s.chronicle.Whereabouts(id, now); of.Lost != "" && kind == "tweets" && !seen[id] {
				seen[id] = true
				lost = append(lost, lostPost(id, of))
			}
		}
		if errors.Is(err, io.EOF) {
			return lost, broken || ids == 0, nil
		}
	}
}

func lostPost(id uint64, of chronicle.Whereabouts) redaction {
	return redaction{id: id, made: of.At, redacted: of.Since, reason: of.Lost}
}

func postID(text []byte) (uint64, bool) {
	if !isRuleID(string(text)) {
		return 0, false
	}
	id, err := strconv.ParseUint(string(text), 10, 64)
	return id, err == nil
}

// getResults gives the result of a job: one JSON object a line for each id that
// must go. Ids that are there, were never made or are forgotten are not in it.
func (s *server) getResults(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	of, ok := s.jobs.find(func(j *job) bool { return j.download == key })
	if !ok || of.state != jobComplete {
		noSuchFile.write(w)
		return
	}
	if !s.now().Before(of.created.Add(downloadWithin)) {
		tooLate.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := bufio.NewWriter(w)
	for _, l := range of.lost {
		_, _ = fmt.Fprintf(out, `{"id":"%d","action":"delete","created_at":"%s","redacted_at":"%s","reason":"%s"}`+"\n",
			l.id, l.made.UTC().Format(wire.TimeFormat), l.redacted.UTC().Format(wire.TimeFormat), l.reason)
	}
	_ = out.Flush() // a client that has gone cannot be told
}
