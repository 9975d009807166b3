package elastictest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func (s *Server) bulk(w http.ResponseWriter, r *http.Request) {
	actions, sources, status := readBulk(r)
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	s.enter(1)
	defer s.enter(-1)
	var ids []string
	for _, a := range actions {
		ids = append(ids, a.ID)
	}
	if whole := s.Left().Whole; whole != nil {
		if status, answer := whole(ids); status != 0 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, answer)
			return
		}
	}
	if gate := s.Left().Gate; gate != nil {
		if kept := gate(ids); kept != nil {
			select {
			case <-kept:
			case <-r.Context().Done():
				return
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults.Statuses) > 0 {
		status := s.faults.Statuses[0]
		s.faults.Statuses = s.faults.Statuses[1:]
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	if s.faults.MaxItems > 0 && len(actions) > s.faults.MaxItems {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	halved := s.faults.Halved > 0
	var items []string
	for i, a := range actions {
		if s.faults.Away != nil && s.faults.Away(a.Index) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if halved && i >= len(actions)/2 {
			s.faults.Halved--
			panic(http.ErrAbortHandler) // breaks the connection
		}
		items = append(items, s.item(a, sources[i]))
	}
	_, _ = fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
}

func (s *Server) enter(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests += n
	if n > 0 {
		s.bulks++
	}
	s.most = max(s.most, s.requests)
}

// readBulk returns what a bulk request asks for, or the status that refuses it.
func readBulk(r *http.Request) (actions []action, sources []string, status int) {
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, nil, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(z)
	if err != nil {
		return nil, nil, http.StatusBadRequest
	}
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	for i := 0; i+1 < len(lines); i += 2 {
		a, ok := parseAction(lines[i])
		if !ok || !json.Valid(lines[i+1]) {
			return nil, nil, http.StatusBadRequest
		}
		actions, sources = append(actions, a), append(sources, string(lines[i+1]))
	}
	return actions, sources, 0
}

type action struct {
	Index   string `json:"_index"`
	ID      string `json:"_id"`
	Version int64  `json:"version"`
	Type    string `json:"version_type"`
}

func parseAction(line []byte) (action, bool) {
	var a struct{ Index *action }
	if json.Unmarshal(line, &a) != nil || a.Index == nil {
		return action{}, false
	}
	switch a.Index.Type {
	case "external", "external_gte":
		return *a.Index, true
	}
	return *a.Index, a.Index.Type == "" && a.Index.Version == 0
}

func (s *Server) item(a action, source string) string {
	s.sent++
	answer := func(status int, kind string) string {
		kind, reason, told := strings.Cut(kind, ": ")
		if !told {
			reason = "as told"
		}
		return fmt.Sprintf(`{"index":{"_id":%q,"status":%d,"error":{"type":%q,"reason":%q}}}`, a.ID, status, kind, reason)
	}
	if s.faults.Refuse != nil {
		if kind := s.faults.Refuse(a.ID); kind != "" {
			return answer(http.StatusBadRequest, kind)
		}
	}
	if s.faults.Block != nil {
		if kind := s.faults.Block(a.Index); kind != "" {
			return answer(http.StatusBadRequest, kind)
		}
	}
	held, there := s.documents[a.ID]
	switch {
	case s.faults.PushBack > 0:
		s.faults.PushBack--
		return answer(http.StatusTooManyRequests, "es_rejected_execution_exception")
	case there && (a.Type != "" && held.Version > a.Version || a.Type == "external" && held.Version == a.Version):
		return answer(http.StatusConflict, "version_conflict_engine_exception")
	}
	s.documents[a.ID] = Document{Index: a.Index, Version: a.Version, Source: source}
	return fmt.Sprintf(`{"index":{"_id":%q,"status":201}}`, a.ID)
}
