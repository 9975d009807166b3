package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/simulator"
)

// patience is how long a test waits for what must happen at once.
const patience = 20 * time.Second

// simulation is a running simulator and a client of it.
type simulation struct {
	t    *testing.T
	base string
	http *http.Client
	stop func() error // ends Run and returns its error; may be called again
}

func defaults() simulator.Config {
	return simulator.Config{Telemetry: telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.DiscardHandler))}, Listen: "127.0.0.1:0", Rate: 2000, Seed: 7, KeepAlive: 10 * time.Second}
}

func simulate(t *testing.T, cfg simulator.Config) *simulation {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listener = ln
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- simulator.Run(ctx, cfg) }()
	transport := &http.Transport{DisableCompression: true}
	s := &simulation{t: t, base: "http://" + ln.Addr().String(), http: &http.Client{Transport: transport}}
	stopped := false
	var result error
	s.stop = func() error {
		if !stopped {
			cancel()
			select {
			case result = <-done:
			case <-time.After(patience):
				t.Error("Run does not end")
			}
			transport.CloseIdleConnections()
			stopped = true
		}
		return result
	}
	t.Cleanup(func() { _ = s.stop() })
	return s
}

// do sends a request with a token and returns the answer, body read.
func (s *simulation) do(method, path, body string) (*http.Response, string) {
	s.t.Helper()
	return s.doWith(method, path, body, "Bearer some-token")
}

func (s *simulation) doWith(method, path, body, authorization string) (*http.Response, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := resp.Header.Get("Server"); got != "catsvdogs-simulator" {
		s.t.Errorf("%s %s: Server: %q", method, path, got)
	}
	return resp, string(text)
}

const (
	rulesPath  = "/2/tweets/search/stream/rules"
	streamPath = "/2/tweets/search/stream"
	catRules   = `{"add":[{"value":"(#cat OR #kitten) has:images","tag":"cats with images"},{"value":"(#dog OR #puppy) has:images","tag":"dogs with images"},` +
		`{"value":"(#cat OR #kitten) has:videos","tag":"cats with videos"},{"value":"(#dog OR #puppy) has:videos","tag":"dogs with videos"}]}`
)

func (s *simulation) mustAdd(body string) {
	s.t.Helper()
	if resp, text := s.do("POST", rulesPath, body); resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("add rules: %d %s", resp.StatusCode, text)
	}
}

type status struct {
	Emitted, Posts, Malformed, Edits int64
	Duplicates, Available, Found     int64
	Finished, Connected, Paused      bool
	TotalEmitted                     int64 `json:"total_emitted"`
	TotalPosts                       int64 `json:"total_posts"`
}

func (s *simulation) status() status { return s.admin("GET", "status") }

func (s *simulation) admin(method, what string) status {
	s.t.Helper()
	resp, text := s.doWith(method, "/simulator/v1/"+what, "", "")
	var st status
	if err := json.Unmarshal([]byte(text), &st); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %q: %v", what, resp.StatusCode, text, err)
	}
	return st
}

// until waits for a status, without a pause of its own: each look is a request.
func (s *simulation) until(what string, holds func(status) bool) status {
	s.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if st := s.status(); holds(st) {
			return st
		}
	}
	s.t.Fatalf("never: %s; status %+v", what, s.status())
	return status{}
}

// reader is an open stream.
type reader struct {
	t     *testing.T
	resp  *http.Response
	in    *bufio.Reader
	close func()
}

func (s *simulation) connect(query string) *reader {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+streamPath+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer some-token")
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	r := &reader{t: s.t, resp: resp, in: bufio.NewReaderSize(resp.Body, 2<<20), close: func() {
		cancel()
		_ = resp.Body.Close()
	}}
	s.t.Cleanup(r.close)
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		s.t.Fatalf("connect: %d %s", resp.StatusCode, text)
	}
	return r
}

// line returns the next line without its end; "" is a keep-alive.
func (r *reader) line() (string, error) {
	text, err := r.in.ReadString('\n')
	if err != nil {
		if text != "" {
			r.t.Errorf("an unfinished line before the end: %.100q", text)
		}
		return "", err
	}
	if !strings.HasSuffix(text, "\r\n") {
		r.t.Errorf("a line without CR LF: %.100q", text)
	}
	return strings.TrimSuffix(text, "\r\n"), nil
}

// next returns the next line that is no keep-alive.
func (r *reader) next() string {
	r.t.Helper()
	for {
		text, err := r.line()
		if err != nil {
			r.t.Fatal(err)
		}
		if text != "" {
			return text
		}
	}
}

// all reads to the end of the stream.
func (r *reader) all() (lines []string, err error) {
	for {
		text, err := r.line()
		if err != nil {
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return lines, err
		}
		if text != "" {
			lines = append(lines, text)
		}
	}
}

type delivered struct {
	Data struct {
		ID      string
		Text    string
		History []string `json:"edit_history_tweet_ids"`
	}
	Rules []struct{ ID, Tag string } `json:"matching_rules"`
}

func (r *reader) post() delivered {
	r.t.Helper()
	text := r.next()
	var d delivered
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		r.t.Fatalf("%q: %v", text, err)
	}
	return d
}

// posts reads n distinct posts and returns the ids of the versions that came first. Of a post that was made before the
// connect that may be an edit.
func (r *reader) posts(n int) []string {
	r.t.Helper()
	var ids []string
	known := map[string]bool{}
	for len(ids) < n {
		if p := r.post(); !known[p.Data.History[0]] {
			known[p.Data.History[0]] = true
			ids = append(ids, p.Data.ID)
		}
	}
	return ids
}
