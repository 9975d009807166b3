package faultproxy

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// seen is a server that answers "done" and remembers what came.
type seen struct {
	mu     sync.Mutex
	bodies []string
	hosts  []string
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies, s.hosts = append(s.bodies, string(body)), append(s.hosts, r.Host)
	_, _ = io.WriteString(w, "done")
}

func (s *seen) came() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies
}

// start returns a proxy, the server behind it, and the address of the proxy.
func start(t *testing.T) (p *Proxy, server *seen, address string) {
	t.Helper()
	server = &seen{}
	p = before(t, server)
	return p, server, p.URL()
}

// before returns a proxy in front of a server.
func before(t *testing.T, server http.Handler) *Proxy {
	t.Helper()
	behind := httptest.NewServer(server)
	t.Cleanup(behind.Close)
	p, err := Listen(t.Context(), behind.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// counted breaks a proxy and counts the hits.
func counted(p *Proxy, f Fault) (done func() int64, mend func()) {
	var hits atomic.Int64
	mend = p.Break(f, func() { hits.Add(1) })
	return hits.Load, mend
}

func send(t *testing.T, method, address, body string, header ...string) (status int, answered string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestWithoutAFaultAllPassesUnchanged(t *testing.T) {
	t.Parallel()
	_, server, address := start(t)
	status, body, err := send(t, http.MethodPut, address+"/bucket/object", "text")
	if status != http.StatusOK || body != "done" || err != nil {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	if got := server.came(); len(got) != 1 || got[0] != "text" || server.hosts[0] != strings.TrimPrefix(address, "http://") {
		t.Errorf("there came %q for %q", got, server.hosts)
	}
}

func TestARefusalKeepsTheRequestFromTheServer(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	done, mend := counted(p, Refuse(Bulk, TooMany()))
	status, body, err := send(t, http.MethodPost, address+"/_bulk", "{}")
	if status != http.StatusTooManyRequests || !strings.Contains(body, "es_rejected_execution_exception") || err != nil {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	if status, _, _ := send(t, http.MethodGet, address+"/_cluster/health", ""); status != http.StatusOK || done() != 1 {
		t.Errorf("another request got %d, %d faults", status, done())
	}
	mend()
	if status, _, _ := send(t, http.MethodPost, address+"/_bulk", "{}"); status != http.StatusOK || len(server.came()) != 2 {
		t.Errorf("after the fault it answers %d", status)
	}
}

func TestALostAnswerIsOfWorkThatWasDone(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	done, _ := counted(p, LoseAnswer(Alternately(Puts)))
	// A PUT is tried again by the client itself only when it was never sent, so this one fails.
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text", "If-None-Match", "*"); err == nil {
		t.Errorf("it was answered %d", status)
	}
	if got := server.came(); len(got) != 1 || got[0] != "text" || done() != 1 {
		t.Errorf("there came %q, %d faults", got, done())
	}
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text"); status != http.StatusOK || err != nil {
		t.Errorf("the next try got %d, %v", status, err)
	}
}

func TestAStoreWithoutConditionsRefusesThemOnly(t *testing.T) {
	t.Parallel()
	p, _, address := start(t)
	done, _ := counted(p, NoConditions())
	if status, body, err := send(t, http.MethodPut, address+"/bucket/object", "text", "If-None-Match", "*"); status != http.StatusNotImplemented || err != nil {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text"); status != http.StatusOK || err != nil || done() != 1 {
		t.Errorf("without a condition: %d, %v, %d faults", status, err, done())
	}
}

func TestSlownessDelaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	done, _ := counted(p, Slow(Puts, 50*time.Millisecond))
	began := time.Now()
	status, body, err := send(t, http.MethodPut, address+"/bucket/object", "text")
	if status != http.StatusOK || body != "done" || err != nil || time.Since(began) < 50*time.Millisecond || len(server.came()) != 1 || done() != 1 {
		t.Errorf("got %d %q, %v after %v, %d faults", status, body, err, time.Since(began), done())
	}
}

func TestWhoHangsUpKeepsTheRequestFromTheServer(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	done, _ := counted(p, HangUp(Puts))
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text"); err == nil {
		t.Errorf("it was answered %d", status)
	}
	if status, _, err := send(t, http.MethodGet, address+"/bucket/object", ""); status != http.StatusOK || err != nil || done() != 1 || len(server.came()) != 1 {
		t.Errorf("another request got %d, %v, %d faults", status, err, done())
	}
}

func TestAnAnswerThatIsLostIsNoHitWhenNothingWasDone(t *testing.T) {
	t.Parallel()
	p := before(t, http.NotFoundHandler())
	done, _ := counted(p, LoseAnswer(Any))
	if status, _, err := send(t, http.MethodPut, p.URL()+"/bucket/object", "text"); err == nil || done() != 0 {
		t.Errorf("it was answered %d, %d faults", status, done())
	}
}

func TestOnlyWhatTheServerItselfRefusesIsWatched(t *testing.T) {
	t.Parallel()
	p := before(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/full" {
			w.WriteHeader(http.StatusInsufficientStorage)
		}
	}))
	done, _ := counted(p, Watch(Puts, func(status int) bool { return status >= 500 }))
	for path, want := range map[string]int{"/full": http.StatusInsufficientStorage, "/free": http.StatusOK} {
		if status, _, err := send(t, http.MethodPut, p.URL()+path, "text"); status != want || err != nil {
			t.Errorf("%s got %d, %v", path, status, err)
		}
	}
	if done() != 1 {
		t.Errorf("%d are counted", done())
	}
}

func TestFaultsThatOverlapDoNotEndEachOther(t *testing.T) {
	t.Parallel()
	p, _, address := start(t)
	answers := func(want int) {
		t.Helper()
		if status, _, err := send(t, http.MethodGet, address, ""); status != want || err != nil {
			t.Errorf("got %d, %v, want %d", status, err, want)
		}
	}
	mendFirst := p.Break(Refuse(Any, TooMany()), nil)
	answers(http.StatusTooManyRequests)
	mendSecond := p.Break(Refuse(Any, Unavailable()), nil)
	answers(http.StatusServiceUnavailable) // the one that began last
	mendFirst()
	answers(http.StatusServiceUnavailable)
	mendThird := p.Break(Refuse(Any, StorageFull()), nil)
	answers(http.StatusInsufficientStorage)
	mendThird()
	mendThird() // again, which ends nothing else
	answers(http.StatusServiceUnavailable)
	mendSecond()
	answers(http.StatusOK)
}

func TestNothingIsPackedThatTheClientDidNotAskFor(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	p := before(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header.Get("Accept-Encoding") }))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Transport{DisableCompression: true}
	t.Cleanup(client.CloseIdleConnections)
	resp, err := client.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := <-asked; got != "" {
		t.Errorf("the server is asked for %q", got)
	}
}

func TestAServerThatIsAwayShowsAsNoAnswer(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.NotFoundHandler())
	p, err := Listen(t.Context(), behind.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	behind.Close()
	if status, _, err := send(t, http.MethodGet, p.URL(), ""); err == nil {
		t.Errorf("it was answered %d", status)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.Addr()); err == nil {
		_ = conn.Close()
		t.Error("it listens after its end")
	}
}

func TestHalfABulkIsDoneAndTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	const whole = `{"index":{"_id":"1"}}` + "\n" + `{"n":1}` + "\n" + `{"delete":{"_id":"2"}}` + "\n" + `{"index":{"_id":"3"}}` + "\n" + `{"n":3}` + "\n" + `{"index":{"_id":"4"}}` + "\n" + `{"n":4}` + "\n"
	half, _, _ := strings.Cut(whole, `{"index":{"_id":"3"}}`)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = io.WriteString(zip, whole)
	_ = zip.Close()
	for name, c := range map[string]struct {
		body   string
		header []string
	}{
		"plain":  {whole, nil},
		"packed": {packed.String(), []string{"Content-Encoding", "gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server, address := start(t)
			done, _ := counted(p, HalfBulk(Alternately(Bulk)))
			if status, _, err := send(t, http.MethodPost, address+"/_bulk", c.body, c.header...); err == nil {
				t.Errorf("it was answered %d", status)
			}
			if got := server.came(); len(got) != 1 || got[0] != half || done() != 1 {
				t.Errorf("there came %q, %d faults", got, done())
			}
		})
	}
}

func TestABulkOfOneItemHasNoHalf(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{", "{\"index\":{}}\n{}\n", "{\"delete\":{}}\n", "{\"index\":{}}\n"} {
		if half := firstHalf([]byte(body)); len(half) != 0 {
			t.Errorf("%q has the half %q", body, half)
		}
	}
}

func TestTheAnswersAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, a := range []Answer{TooMany(), Unavailable()} {
		var body struct{ Status int }
		if err := json.Unmarshal([]byte(a.Body), &body); err != nil || body.Status != a.Status {
			t.Errorf("%s says %d, %v", a.Body, body.Status, err)
		}
	}
	for _, a := range []Answer{SlowDown(), StorageFull(), {Body: notImplemented}} {
		var body struct{ Code string }
		if err := xml.Unmarshal([]byte(a.Body), &body); err != nil || body.Code == "" {
			t.Errorf("%s: %v", a.Body, err)
		}
	}
}
