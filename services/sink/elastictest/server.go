// Package elastictest gives tests a server that answers bulks in the form that Elasticsearch documents and fails as it is
// told, which no well-behaved index would do.
package elastictest

import (
	"maps"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

// Document is what the server holds under an id.
type Document struct {
	Index   string
	Version int64 // 0 for none
	Source  string
}

// Faults are what the server does wrong.
type Faults struct {
	Refuse          func(id string) string  // name of the error that a document is refused with, and ": reason"; "" takes it
	PushBack        int                     // items that still get a 429
	Statuses        []int                   // of the next bulk requests, 200 for none
	MaxItems        int                     // over which a request is 413; 0 is no bound
	TemplateMissing int                     // times that the template is asked for in vain
	Away            func(index string) bool // bulks that reach a document of this index get a 503
	Locked          int                     // 401 or 403 as the answer to everything; 0 is none
	Halved          int                     // bulks of which half is stored before the connection breaks

	// Gate keeps a bulk of these ids, which has come in whole, until the channel is closed; nil lets it through. It is
	// called from any goroutine.
	Gate func(ids []string) <-chan struct{}

	Block   func(index string) string                      // name of the error that each document of an index gets; "" takes it
	Stray   func(index string) bool                        // indices that are there without their alias
	Indices []string                                       // that the alias has
	Whole   func(ids []string) (status int, answer string) // instead of a bulk's answer; 0 lets it through
}

// Server is a faulty index. Use it from any goroutine.
type Server struct {
	url string

	mu        sync.Mutex
	faults    Faults
	documents map[string]Document
	sent      int
	requests  int // bulks under way
	most      int // of them at one time
	asked     int // times that the template was asked for
	bulks     int
}

// Start returns a server that lives as long as the test.
func Start(t testing.TB, faults Faults) *Server {
	t.Helper()
	s := &Server{documents: map[string]Document{}, faults: faults}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.url = listening.URL
	return s
}

// URL is where the server listens.
func (s *Server) URL() string { return s.url }

// Transport returns a connection to the server.
func (s *Server) Transport(t testing.TB) esapi.Transport {
	t.Helper()
	transport, err := elastic.Connect(elastic.Config{ElasticsearchURL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	return transport
}

// Put stores a document, as an earlier run would have done.
func (s *Server) Put(id string, d Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.documents[id] = d
}

// Fail replaces the faults that are left.
func (s *Server) Fail(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Left returns the faults that have not happened.
func (s *Server) Left() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Documents returns what is stored, by id.
func (s *Server) Documents() map[string]Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.documents)
}

// Sent counts the items that came, those that were pushed back among them.
func (s *Server) Sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// MostAtOnce is how many bulks were under way at one time.
func (s *Server) MostAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// Bulks counts the bulk requests that came.
func (s *Server) Bulks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bulks
}

// Asked counts how often the template was asked for.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}
