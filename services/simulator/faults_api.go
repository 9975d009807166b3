package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"catsvdogs/services/simulator/faultplan"
)

const maxOrderBody = 16 << 10

// shownFault is a fault as GET /simulator/v1/faults tells of it.
type shownFault struct {
	Name        faultplan.Name `json:"name"`
	Description string         `json:"description"`
	Variants    []string       `json:"variants,omitempty"`
	Count       int            `json:"count,omitempty"` // posts, unless the order says another number
	For         string         `json:"for,omitempty"`   // the same for how long it lasts
	On          bool           `json:"on"`
	Waiting     int            `json:"waiting"` // ordered, with no occasion yet
	Dropped     int64          `json:"dropped"` // ordered while too many waited
	Fired       int64          `json:"fired"`   // really happened
}

// readFaults lists all faults, what is on and how often each has happened.
func (s *server) readFaults(w http.ResponseWriter, _ *http.Request) {
	body := struct {
		Faults []shownFault `json:"faults"`
	}{}
	for _, f := range s.board.State() {
		shown := shownFault{
			Name: f.Name, Description: f.Description, Variants: f.Variants, Count: f.Count,
			On: f.On, Waiting: f.Waiting, Dropped: f.Dropped, Fired: f.Fired,
		}
		if f.For > 0 {
			shown.For = f.For.String()
		}
		body.Faults = append(body.Faults, shown)
	}
	writeJSON(w, http.StatusOK, body)
}

// faultOrder is the body of POST /simulator/v1/faults/{name}. Without a body
// the fault fires once.
type faultOrder struct {
	Variant string `json:"variant"`
	Times   int    `json:"times"` // 1 without
	On      bool   `json:"on"`    // at every occasion until it is deleted
	Count   int    `json:"count"`
	For     string `json:"for"` // such as 30s
}

func (s *server) orderFault(w http.ResponseWriter, r *http.Request) {
	o, err := readOrder(w, r)
	if err == nil {
		err = s.board.Give(o)
	}
	if err != nil {
		status := http.StatusBadRequest
		if _, known := faultplan.Find(o.Name); !known {
			status = http.StatusNotFound
		}
		writeJSON(w, status, struct {
			Error string `json:"error"`
		}{err.Error()})
		return
	}
	s.readFaults(w, r)
}

func readOrder(w http.ResponseWriter, r *http.Request) (faultplan.Order, error) {
	o := faultplan.Order{Name: faultplan.Name(r.PathValue("name")), Times: 1}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrderBody))
	if err != nil {
		return o, fmt.Errorf("read the order: %w", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return o, nil
	}
	var body faultOrder
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&body); err != nil {
		return o, fmt.Errorf("read the order: %w", err)
	}
	if body.For != "" {
		if o.For, err = time.ParseDuration(body.For); err != nil {
			return o, fmt.Errorf("read the order: %w", err)
		}
	}
	if body.On && body.Times != 0 {
		return o, errors.New("give either times or on")
	}
	if body.Times != 0 {
		o.Times = body.Times
	}
	o.Variant, o.On, o.Count = body.Variant, body.On, body.Count
	return o, nil
}

// clearFault switches one fault off, or all, and forgets what waits.
func (s *server) clearFault(w http.ResponseWriter, r *http.Request) {
	name := faultplan.Name(r.PathValue("name"))
	if name == "" {
		s.board.Clear()
		s.readFaults(w, r)
		return
	}
	if _, known := faultplan.Find(name); !known {
		writeJSON(w, http.StatusNotFound, struct {
			Error string `json:"error"`
		}{fmt.Sprintf("there is no fault %q", name)})
		return
	}
	s.board.Clear(name)
	s.readFaults(w, r)
}
