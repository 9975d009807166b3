package elastictest

import (
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
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	if locked := s.Left().Locked; locked != 0 {
		w.WriteHeader(locked)
		_, _ = io.WriteString(w, `{"error":{"type":"security_exception","reason":"as told"}}`)
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/_index_template/"):
		s.template(w)
	case strings.HasSuffix(r.URL.Path, "/_count"):
		s.count(w, r)
	case strings.HasPrefix(r.URL.Path, "/_alias/"):
		s.alias(w, strings.TrimPrefix(r.URL.Path, "/_alias/"))
	case r.Method == http.MethodGet:
		s.index(w, strings.TrimPrefix(r.URL.Path, "/"))
	default:
		s.bulk(w, r)
	}
}

// alias tells which indices have it.
func (s *Server) alias(w http.ResponseWriter, name string) {
	indices := s.Left().Indices
	if len(indices) == 0 {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	var described []string
	for _, x := range indices {
		described = append(described, fmt.Sprintf(`%q:{"aliases":{%q:{}}}`, x, name))
	}
	_, _ = fmt.Fprintf(w, `{%s}`, strings.Join(described, ","))
}

// index tells what an index is: there without an alias, or not there.
func (s *Server) index(w http.ResponseWriter, name string) {
	if stray := s.Left().Stray; stray != nil && stray(name) {
		_, _ = fmt.Fprintf(w, `{%q:{"aliases":{}}}`, name)
		return
	}
	_, _ = io.WriteString(w, `{}`)
}

func (s *Server) template(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.faults.TemplateMissing > 0 {
		s.faults.TemplateMissing--
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = io.WriteString(w, `{"index_templates":[]}`)
}

// count answers as the alias of posts does: no index is 404, stubs do not count, and a range of indexed_at is heeded.
func (s *Server) count(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
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
