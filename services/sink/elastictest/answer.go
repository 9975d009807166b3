package elastictest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	switch {
	case strings.HasPrefix(r.URL.Path, "/_index_template/"):
		if s.faults.TemplateMissing > 0 {
			s.faults.TemplateMissing--
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, `{"index_templates":[]}`)
	case strings.HasSuffix(r.URL.Path, "/_count"):
		s.count(w, r)
	default:
		s.bulk(w, r)
	}
}

// count answers as the alias of posts does: no index is 404, stubs do not count, and a range of indexed_at is heeded.
func (s *Server) count(w http.ResponseWriter, r *http.Request) {
	if len(s.documents) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		body = z
	}
	var asked struct {
		Query struct {
			Range struct {
				IndexedAt struct{ GTE time.Time } `json:"indexed_at"`
			}
		}
	}
	if err := json.NewDecoder(body).Decode(&asked); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n := 0
	for _, d := range s.documents {
		var document struct {
			IndexedAt time.Time `json:"indexed_at"`
		}
		err := json.Unmarshal([]byte(d.Source), &document)
		if err == nil && !strings.Contains(d.Source, `"deleted_at"`) && !document.IndexedAt.Before(asked.Query.Range.IndexedAt.GTE) {
			n++
		}
	}
	_, _ = fmt.Fprintf(w, `{"count":%d}`, n)
}

func (s *Server) bulk(w http.ResponseWriter, r *http.Request) {
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(z)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	if len(s.faults.Statuses) > 0 {
		status := s.faults.Statuses[0]
		s.faults.Statuses = s.faults.Statuses[1:]
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	if s.faults.MaxItems > 0 && len(lines)/2 > s.faults.MaxItems {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var items []string
	for i := 0; i+1 < len(lines); i += 2 {
		a, ok := parseAction(lines[i])
		if !ok || !json.Valid(lines[i+1]) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if s.faults.Away != nil && s.faults.Away(a.Index) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		items = append(items, s.item(a, string(lines[i+1])))
	}
	_, _ = fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
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
	return *a.Index, a.Index.Type == "external_gte" || a.Index.Type == "" && a.Index.Version == 0
}

func (s *Server) item(a action, source string) string {
	s.sent++
	answer := func(status int, kind string) string {
		return fmt.Sprintf(`{"index":{"_id":%q,"status":%d,"error":{"type":%q,"reason":"as told"}}}`, a.ID, status, kind)
	}
	if s.faults.Refuse != nil {
		if kind := s.faults.Refuse(a.ID); kind != "" {
			return answer(http.StatusBadRequest, kind)
		}
	}
	switch {
	case s.faults.PushBack > 0:
		s.faults.PushBack--
		return answer(http.StatusTooManyRequests, "es_rejected_execution_exception")
	case a.Type != "" && s.documents[a.ID].Version > a.Version:
		return answer(http.StatusConflict, "version_conflict_engine_exception")
	}
	s.documents[a.ID] = Document{Index: a.Index, Version: a.Version, Source: source}
	return fmt.Sprintf(`{"index":{"_id":%q,"status":201}}`, a.ID)
}
