// Package kibanatest gives tests a Kibana: its API of saved objects and its status, in process, answering as 8.19 does
// where provision looks, the traps included. It refuses what Kibana refuses, says "success" where Kibana says so, and a
// test can take a person's part: save, delete, upgrade.
package kibanatest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Version is what the server says it is.
const Version = "8.19.13"

// Object is a stored saved object, in the form of an export.
type Object struct {
	Type        string           `json:"type"`
	ID          string           `json:"id"`
	Attributes  map[string]any   `json:"attributes"`
	References  []map[string]any `json:"references"`
	UpdatedAt   string           `json:"updated_at"`
	TypeVersion string           `json:"typeMigrationVersion"`
	CoreVersion string           `json:"coreMigrationVersion"`
	Version     string           `json:"version"`
	Managed     bool             `json:"managed"`
}

// Server is a running Kibana. Set its fields before the first request; its methods may be called at any time.
type Server struct {
	// Starting is how many requests are answered "not ready yet", Degraded how many more find Kibana degraded.
	Starting, Degraded int
	// Authorization is the header that requests must have; empty: anybody may do everything.
	Authorization string
	// Forbidden makes every import and export answer 403.
	Forbidden bool
	// Failures are objects, by type and id, that cannot be stored, with the reason.
	Failures map[string]string
	// Loses are objects that are said to be stored and are not.
	Loses map[string]bool
	// Elsewhere are objects, by type and id, that another space has.
	Elsewhere map[string]bool
	// Stored changes an object on its way in, as a migration does.
	Stored func(*Object)
	// BeforeImport is called when an import has arrived and before it is judged.
	BeforeImport func()

	url string

	mu      sync.Mutex
	objects map[string]*Object
	imports int
	clock   int
}

// Start returns a server that lives as long as the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]*Object{}}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /api/status", s.status)
	routes.Handle("POST /api/saved_objects/_import", s.guarded(s.importObjects))
	routes.Handle("POST /api/saved_objects/_export", s.guarded(s.exportObjects))
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "Not Found", nil) })
	server := httptest.NewServer(s.comingUp(routes))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// URL is the address to give to a client.
func (s *Server) URL() string { return s.url }

// Get returns a copy of an object, or nil.
func (s *Server) Get(kind, id string) *Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[kind+":"+id]
	if o == nil {
		return nil
	}
	same := *o
	return &same
}

// Save is a person who saves an object with another attribute.
func (s *Server) Save(kind, id, attribute string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := *s.objects[kind+":"+id]
	attributes := map[string]any{}
	for k, v := range changed.Attributes {
		attributes[k] = v
	}
	attributes[attribute] = value
	changed.Attributes = attributes
	s.store(&changed)
}

// Upgrade is a new version of Kibana that changes what is stored, as migrations do: the time of the last save stays.
func (s *Server) Upgrade(change func(*Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.objects {
		change(o)
	}
}

// Delete is a person who deletes an object.
func (s *Server) Delete(kind, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, kind+":"+id)
}

// Imports is how many imports have come.
func (s *Server) Imports() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.imports
}

// store keeps an object and gives it the time and the version of this save. The caller holds mu.
func (s *Server) store(o *Object) {
	s.clock++
	o.UpdatedAt = time.Date(2026, 11, 23, 12, 0, 0, s.clock*int(time.Millisecond), time.UTC).Format("2006-01-02T15:04:05.000Z")
	o.Version = fmt.Sprintf("v%d", s.clock)
	s.objects[o.Type+":"+o.ID] = o
}

// comingUp answers as the server does that listens before Kibana is there.
func (s *Server) comingUp(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		starting := s.Starting > 0
		s.Starting--
		s.mu.Unlock()
		if starting {
			w.Header().Set("Retry-After", "30")
			http.Error(w, "Kibana server is not ready yet", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	level, summary := "available", "All services and plugins are available"
	if s.Degraded > 0 {
		level, summary = "degraded", "1 service is degraded: savedObjects"
	}
	s.Degraded--
	s.mu.Unlock()
	overall := map[string]any{"level": level}
	body := map[string]any{"status": map[string]any{"overall": overall}}
	if s.Authorization == "" || r.Header.Get("Authorization") == s.Authorization {
		overall["summary"] = summary
		body["version"] = map[string]any{"number": Version}
	}
	answer(w, http.StatusOK, body)
}

// guarded refuses requests without the header against forgery, or without the right user.
func (s *Server) guarded(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.Authorization != "" && r.Header.Get("Authorization") != s.Authorization:
			refuse(w, http.StatusUnauthorized, "[security_exception]: unable to authenticate", nil)
		case r.Header.Get("Kbn-Xsrf") == "":
			refuse(w, http.StatusBadRequest, "Request must contain a kbn-xsrf header.", nil)
		case s.Forbidden:
			refuse(w, http.StatusForbidden, "Unable to bulk_get dashboard", nil)
		default:
			next(w, r)
		}
	})
}

func refuse(w http.ResponseWriter, status int, message string, attributes any) {
	body := map[string]any{"statusCode": status, "error": http.StatusText(status), "message": message}
	if attributes != nil {
		body["attributes"] = attributes
	}
	answer(w, status, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // of this package's own making
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // fails only when the client has gone
}

// olderThan compares the numbers of versions.
func olderThan(a, b string) bool {
	var x, y [3]int
	_, _ = fmt.Sscanf(strings.ReplaceAll(a, ".", " "), "%d %d %d", &x[0], &x[1], &x[2])
	_, _ = fmt.Sscanf(strings.ReplaceAll(b, ".", " "), "%d %d %d", &y[0], &y[1], &y[2])
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return false
}
