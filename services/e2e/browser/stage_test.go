package browser

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"catsvdogs/services/live/page"
)

// A stage serves the page with the states that a test wants it to show, as services/live does.
type stage struct {
	URL    string
	server *httptest.Server
	line   *line

	mu        sync.Mutex
	seq       int
	state     document
	days      map[string]document
	asked     []string // paths, in their order
	followers map[chan string]bool
}

// A document is a JSON object; tests change a few members of the example and leave the rest.
type document map[string]any

// example is the state that the contract gives as its example, moved to now so that ages are right.
func example(t *testing.T) document {
	t.Helper()
	raw, err := os.ReadFile("../../live/testdata/state.example.json")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func newStage(t *testing.T, state document) *stage {
	t.Helper()
	contest := state.at("contest")
	colors := []string{}
	for _, team := range contest["teams"].([]any) {
		colors = append(colors, team.(map[string]any)["color"].(string))
	}
	files, err := page.New(page.Shown{Name: contest["name"].(string), Colors: colors, Account: state["account"] != nil})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{state: state, days: map[string]document{}, followers: map[chan string]bool{}}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", files)
	mux.Handle("GET /embed", files)
	mux.Handle("GET /assets/{name}", files)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /api/v1/contest", s.contest)
	mux.HandleFunc("GET /api/v1/days", s.listDays)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.line = &line{Listener: listener, open: map[net.Conn]bool{}}
	s.server = &httptest.Server{Listener: s.line, Config: &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		mux.ServeHTTP(w, r)
	})}}
	s.server.Start()
	s.URL = s.server.URL
	t.Cleanup(func() {
		s.line.set(cut)
		s.server.Close()
	})
	return s
}

// show tells every follower the state, whole.
func (s *stage) show(state document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
	s.tell(s.event("snapshot", state))
}

// change tells every follower a merge patch, which the test has already applied to the stage's state.
func (s *stage) change(patch document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(s.event("change", patch))
}

func (s *stage) tell(event string) {
	for f := range s.followers {
		select {
		case f <- event:
		default: // the test waits for what the page shows, and will say what it misses
		}
	}
}

func (s *stage) event(name string, data any) string {
	s.seq++
	encoded, err := json.Marshal(data)
	if err != nil {
		panic(err) // a test made a document that is none
	}
	return fmt.Sprintf("event: %s\nid: stage-%d\ndata: %s\n\n", name, s.seq, encoded)
}

func (s *stage) following() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.followers)
}

// paths are those that were asked for, in their order.
func (s *stage) paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *stage) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	told := make(chan string, 64)
	s.mu.Lock()
	s.followers[told] = true
	first := s.event("snapshot", s.state)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.followers, told)
		s.mu.Unlock()
	}()
	for {
		_, _ = w.Write([]byte(first)) // a follower that has gone ends the request
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case first = <-told:
		}
	}
}

func (s *stage) contest(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := s.state
	if day := r.URL.Query().Get("day"); day != "" && day != state["day"] {
		var ok bool
		if state, ok = s.days[day]; !ok {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"title":"No such day","status":404,"detail":"no numbers"}`))
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(state)
}

func (s *stage) listDays(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	for _, state := range append([]document{s.state}, s.past()...) {
		sum := document{"total": state.at("posts")["total"], "teams": state.at("posts")["teams"]}
		if leader, ok := state.at("lead")["team"]; ok {
			sum["leader"] = leader
		}
		list = append(list, document{"day": state["day"], "today": state["today"], "coverage": state["coverage"], "posts": sum, "organic": sum})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document{"timezone": s.state["timezone"], "progress": s.state["progress"], "days": list})
}

func (s *stage) past() []document {
	past := []document{}
	for _, state := range s.days {
		past = append(past, state)
	}
	return past
}
