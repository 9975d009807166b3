package live

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/live/broadcast"
)

// Errors of the API.
var (
	errNoDate = errors.New("day is no date; write it YYYY-MM-DD")
	errNoDay  = errors.New("that day is not kept; /api/v1/days lists those that are")
)

// Days is what GET /api/v1/days answers.
type Days struct {
	Timezone string   `json:"timezone"`
	Progress Progress `json:"progress"`
	Days     []DayRow `json:"days"` // newest first
}

// DayRow sums a day up.
type DayRow struct {
	Day      string   `json:"day"`
	Today    bool     `json:"today"`
	Coverage Coverage `json:"coverage"`
	Posts    DaySum   `json:"posts"`
	Organic  DaySum   `json:"organic"` // without promotional posts
}

// DaySum is a day in one view.
type DaySum struct {
	Total  int64            `json:"total"`
	Teams  map[string]int64 `json:"teams"`
	Leader string           `json:"leader,omitempty"` // absent on a tie
}

// openapi describes all of this.
//
//go:embed openapi.yaml
var openapi []byte

// api serves /api/v1. Any page may read it; it holds nothing that is not public.
func api(board *scoreboard) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/contest", func(w http.ResponseWriter, r *http.Request) {
		a, err := board.ofDay(r.URL.Query().Get("day"), time.Now())
		give(w, r, a, err)
	})
	mux.HandleFunc("GET /api/v1/days", func(w http.ResponseWriter, r *http.Request) {
		a, err := board.daysKept(time.Now())
		give(w, r, a, err)
	})
	mux.HandleFunc("GET /api/v1/account", func(w http.ResponseWriter, r *http.Request) {
		a, err := board.accounted()
		give(w, r, a, err)
	})
	mux.HandleFunc("GET /api/v1/openapi.yaml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/yaml") // RFC 9512
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(openapi))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		switch {
		case r.Method == http.MethodOptions: // a browser asks before it sends If-None-Match from another origin
			h.Set("Allow", "GET, HEAD, OPTIONS")
			h.Set("Access-Control-Allow-Methods", "GET, HEAD")
			h.Set("Access-Control-Allow-Headers", "If-None-Match")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD, OPTIONS")
			problem(w, http.StatusMethodNotAllowed, "the API is for reading: GET, HEAD, OPTIONS")
		default:
			if _, pattern := mux.Handler(r); pattern == "" {
				problem(w, http.StatusNotFound, "there is nothing here; /api/v1/openapi.yaml describes what there is")
				return
			}
			mux.ServeHTTP(w, r)
		}
	})
}

// answer is JSON that several readers get.
type answer struct {
	body []byte
	tag  string // names what it says, whenever it was said; empty for what changes all the time
}

// give writes the answer, or what is wrong.
func give(w http.ResponseWriter, r *http.Request, a answer, err error) {
	switch {
	case errors.Is(err, errNoDate):
		problem(w, http.StatusBadRequest, err.Error())
		return
	case errors.Is(err, errNoDay), errors.Is(err, errNoAccount):
		problem(w, http.StatusNotFound, err.Error())
		return
	case err != nil:
		problem(w, http.StatusInternalServerError, "the numbers could not be encoded")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	if a.tag != "" {
		// A day that is over may still change: a later look, a deletion. So it is asked for again and mostly not sent.
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", a.tag)
		if slices.Contains(strings.Split(strings.ReplaceAll(r.Header.Get("If-None-Match"), " ", ""), ","), a.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		var g broadcast.Gzip
		m := broadcast.NewMessage(a.body)
		a.body = slices.Concat(g.Header(), g.Next(m), g.Trailer())
	}
	_, _ = w.Write(a.body) // the reader may have gone
}

// acceptsGzip says whether the answer may be compressed.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, weighed := strings.Cut(strings.TrimSpace(coding), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		worth, err := strconv.ParseFloat(q, 64)
		return !weighed || !found || err == nil && worth > 0
	}
	return false
}

// problem says what is wrong as RFC 9457 has it.
func problem(w http.ResponseWriter, status int, detail string) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	body, _ := json.Marshal(struct { // strings and a number always encode
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, detail})
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
