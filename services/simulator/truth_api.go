package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxTruthLines is how many lines one answer has at most: some four megabytes.
const maxTruthLines = 10_000

// truthBegan is the header that tells since when lines are numbered as they are:
// another value means that the numbers are others'. A file keeps its numbers
// for good, and the header is missing.
const truthBegan = "Truth-Began"

// readTruth is GET /simulator/v1/truth?after=N&limit=M: the lines after number N,
// the oldest first, as NDJSON; none when there are none yet. 410 means that they
// are not kept any more, or that the simulator, keeping no file, has begun to
// count anew.
func (s *server) readTruth(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, err error) {
		writeJSON(w, status, struct {
			Error string `json:"error"`
		}{err.Error()})
	}
	if s.truth == nil {
		refuse(http.StatusNotFound, errors.New("no truth is kept; give --truth or --remember-truth"))
		return
	}
	query := r.URL.Query()
	after, err := whole(query, "after", 0, 1<<62)
	limit, wrong := whole(query, "limit", maxTruthLines, maxTruthLines)
	if err = errors.Join(err, wrong); err != nil {
		refuse(http.StatusBadRequest, err)
		return
	}
	if last := s.truth.last(); after > last {
		refuse(http.StatusGone, fmt.Errorf("%w: the last line is %d; the simulator has begun anew, ask from after=0", errForgotten, last))
		return
	}
	text, err := s.truth.kept.read(nil, after, int(limit))
	switch {
	case errors.Is(err, errForgotten):
		refuse(http.StatusGone, err)
		return
	case err != nil:
		s.log.Error("tell the truth", "error", err)
		refuse(http.StatusInternalServerError, errors.New("the truth file cannot be read"))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	if !s.truth.file {
		w.Header().Set(truthBegan, s.start.UTC().Format(time.RFC3339Nano))
	}
	_, _ = w.Write(text) // a client that has gone cannot be told
}

// whole reads a number from 0 to most.
func whole(query url.Values, name string, otherwise, most int64) (int64, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(query.Get(name), 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s=%.40q: give a whole number from 0 to %d", name, query.Get(name), most)
	}
	return n, nil
}
