package rehearsal

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"catsvdogs/services/pipeline/faultproxy"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestOnlyWhoSitsAtThisMachineAndUsesThePageMakesFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about  string
		change func(*http.Request)
		status int
	}{
		{"the page", func(*http.Request) {}, http.StatusOK},
		{"by name", func(r *http.Request) { r.Host = "localhost:8080" }, http.StatusOK},
		{"another machine", func(r *http.Request) { r.RemoteAddr = "192.0.2.7:4000" }, http.StatusForbidden},
		{"a name that leads here", func(r *http.Request) { r.Host = "example.org" }, http.StatusForbidden},
		{"another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		{"another origin", func(r *http.Request) { r.Header.Set("Origin", "http://example.org") }, http.StatusForbidden},
		{"a form", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		{"no such fault", func(r *http.Request) { r.URL.Path += "s" }, http.StatusNotFound},
		{"reading", func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			board := NewBoard(quiet(), Fault{Name: "fault", Begin: func(_ context.Context, hit func()) error { hit(); return nil }})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/rehearsal/faults/fault", strings.NewReader("{}"))
			r.RemoteAddr = "127.0.0.1:4000"
			r.Header.Set("Content-Type", "application/json")
			c.change(r)
			w := httptest.NewRecorder()
			Handler(board, http.NotFoundHandler()).ServeHTTP(w, r)
			made := board.States(t.Context())[0].Began
			if w.Code != c.status || (made == 1) != (c.status == http.StatusOK) {
				t.Errorf("%d, made %d times", w.Code, made)
			}
		})
	}
}

func TestAFaultLastsForItsTimeAndEndsWithTheBoard(t *testing.T) {
	t.Parallel()
	ended := make(chan string, 4)
	fault := func(name string, lasts time.Duration) Fault {
		return Fault{Name: name, For: lasts, Begin: func(context.Context, func()) error { return nil }, End: func() { ended <- name }}
	}
	board := NewBoard(quiet(), fault("short", time.Millisecond), fault("long", time.Hour))
	for _, name := range []string{"long", "short", "long"} {
		if err := board.Make(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if name := <-ended; name != "short" {
		t.Errorf("%s has ended", name)
	}
	board.Close()
	if name := <-ended; name != "long" {
		t.Errorf("%s has ended", name)
	}
	if long := board.States(t.Context())[1]; long.On || long.Began != 2 {
		t.Errorf("%+v", long)
	}
	if board.Make(t.Context(), "short") == nil {
		t.Error("a fault was made after the end")
	}
}

func TestAServersFaultThatBeginsTwiceIsOverWithItsEnd(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	p, err := faultproxy.Listen(t.Context(), server.URL, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	f := Index(p)[0]
	for range 2 {
		if err := f.Begin(t.Context(), func() {}); err != nil {
			t.Fatal(err)
		}
	}
	f.End()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatalf("it goes on: %v", err)
	}
	_ = resp.Body.Close()
}

func TestStepsAreReadInTheOrderOfTheirTimes(t *testing.T) {
	t.Parallel()
	plan, err := ParsePlan([]string{"b@10s", "a@500ms", "c"})
	if err != nil || len(plan) != 3 || plan[0] != (Step{"c", 0}) || plan[2] != (Step{"b", 10 * time.Second}) {
		t.Errorf("%v, %v", plan, err)
	}
	for _, wrong := range []string{"", "@1s", "a@", "a@soon", "a@-1s"} {
		if _, err := ParsePlan([]string{wrong}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestAProxyDoesToRequestsWhatItIsTold(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got += string(text)
	}))
	defer server.Close()
	p, err := faultproxy.Listen(t.Context(), server.URL, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	const bulk = "{\"index\":1}\n{}\n{\"index\":2}\n{}\n"
	wants := map[string]struct {
		status  int // 0: no answer
		arrives string
	}{
		"open":       {200, bulk},
		"index_down": {0, ""}, "index_429": {429, ""}, "index_503": {503, ""},
		"index_half_a_bulk": {0, bulk[:len(bulk)/2]}, "index_answer_lost": {0, bulk}, "index_slow": {200, bulk},
		"store_down": {0, ""}, "store_503": {503, ""}, "store_answer_lost": {0, bulk}, "store_slow": {200, bulk},
	}
	open := Fault{Name: "open", Begin: func(context.Context, func()) error { return nil }, End: func() {}}
	faults := slices.Concat([]Fault{open}, Index(p), Store(p))
	if len(faults) != len(wants) {
		t.Errorf("there are %d faults, want %d", len(faults), len(wants))
	}
	for _, f := range faults {
		want := wants[f.Name]
		mu.Lock()
		got = ""
		mu.Unlock()
		var hits atomic.Int64
		if err := f.Begin(t.Context(), func() { hits.Add(1) }); err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL()+"/_bulk", strings.NewReader(bulk))
		if err != nil {
			t.Fatal(err)
		}
		req.GetBody = nil // so that the client does not send it again by itself
		status := 0
		if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
			status = resp.StatusCode
			_ = resp.Body.Close()
		}
		f.End()
		mu.Lock()
		if status != want.status || got != want.arrives || (hits.Load() > 0) != (f.Name != "open") {
			t.Errorf("%s: status %d, %q has arrived, %d hits", f.Name, status, got, hits.Load())
		}
		mu.Unlock()
	}
}
