package live

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
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
	Day     string `json:"day"`
	Today   bool   `json:"today"`
	Posts   DaySum `json:"posts"`
	Organic DaySum `json:"organic"` // without promotional posts
}

// DaySum is a day in one view.
type DaySum struct {
	Total  int64            `json:"total"`
	Teams  map[string]int64 `json:"teams"`
	Leader string           `json:"leader,omitempty"` // absent on a tie
}

// serveContest is GET /api/v1/contest: the newest State, or with ?day= the one of that day. Any page may read it; it
// holds nothing that is not public.
func serveContest(board *scoreboard) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state, err := board.ofDay(r.URL.Query().Get("day"), time.Now())
		answer(w, state, err)
	})
}

// serveDays is GET /api/v1/days.
func serveDays(board *scoreboard) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		days, err := board.daysKept(time.Now())
		answer(w, days, err)
	})
}

// answer writes JSON, or the problem as RFC 9457 has it.
func answer(w http.ResponseWriter, body []byte, err error) {
	status := http.StatusOK
	switch {
	case errors.Is(err, errNoDate):
		status = http.StatusBadRequest
	case errors.Is(err, errNoDay):
		status = http.StatusNotFound
	case err != nil:
		status, err = http.StatusInternalServerError, errors.New("the numbers could not be encoded")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Access-Control-Allow-Origin", "*")
	if err != nil {
		h.Set("Content-Type", "application/problem+json")
		body, _ = json.Marshal(struct { // strings and a number always encode
			Title  string `json:"title"`
			Status int    `json:"status"`
			Detail string `json:"detail"`
		}{http.StatusText(status), status, err.Error()})
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
