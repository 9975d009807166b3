package faultproxy

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
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

func start(t *testing.T) (*Proxy, *seen, string) {
	t.Helper()
	server := &seen{}
	behind := httptest.NewServer(server)
	t.Cleanup(behind.Close)
	address, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := New(address)
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	return p, server, front.URL
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
	p, server, address := start(t)
	status, body, err := send(t, http.MethodPut, address+"/bucket/object", "text")
	if status != http.StatusOK || body != "done" || err != nil || p.Done() != 0 {
		t.Errorf("got %d %q, %v, %d faults", status, body, err, p.Done())
	}
	if got := server.came(); len(got) != 1 || got[0] != "text" || server.hosts[0] != strings.TrimPrefix(address, "http://") {
		t.Errorf("there came %q for %q", got, server.hosts)
	}
}

func TestARefusalKeepsTheRequestFromTheServer(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	p.Break(Refuse(Bulk, TooMany()))
	status, body, err := send(t, http.MethodPost, address+"/_bulk", "{}")
	if status != http.StatusTooManyRequests || !strings.Contains(body, "es_rejected_execution_exception") || err != nil {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	if status, _, _ := send(t, http.MethodGet, address+"/_cluster/health", ""); status != http.StatusOK || p.Done() != 1 {
		t.Errorf("another request got %d, %d faults", status, p.Done())
	}
	p.Mend()
	if status, _, _ := send(t, http.MethodPost, address+"/_bulk", "{}"); status != http.StatusOK || len(server.came()) != 2 {
		t.Errorf("after the fault it answers %d", status)
	}
}

func TestALostAnswerIsOfWorkThatWasDone(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	p.Break(LoseAnswer(Puts))
	// A PUT is tried again by the client itself only when it was never sent, so this one fails.
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text", "If-None-Match", "*"); err == nil {
		t.Errorf("it was answered %d", status)
	}
	if got := server.came(); len(got) != 1 || got[0] != "text" || p.Done() != 1 {
		t.Errorf("there came %q, %d faults", got, p.Done())
	}
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text"); status != http.StatusOK || err != nil {
		t.Errorf("the next try got %d, %v", status, err)
	}
}

func TestAStoreWithoutConditionsRefusesThemOnly(t *testing.T) {
	t.Parallel()
	p, _, address := start(t)
	p.Break(NoConditions())
	if status, body, err := send(t, http.MethodPut, address+"/bucket/object", "text", "If-None-Match", "*"); status != http.StatusNotImplemented || err != nil {
		t.Errorf("got %d %q, %v", status, body, err)
	}
	if status, _, err := send(t, http.MethodPut, address+"/bucket/object", "text"); status != http.StatusOK || err != nil || p.Done() != 1 {
		t.Errorf("without a condition: %d, %v, %d faults", status, err, p.Done())
	}
}

func TestSlownessDelaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	p, server, address := start(t)
	p.Break(Slow(Puts, 50*time.Millisecond))
	began := time.Now()
	status, body, err := send(t, http.MethodPut, address+"/bucket/object", "text")
	if status != http.StatusOK || body != "done" || err != nil || time.Since(began) < 50*time.Millisecond || len(server.came()) != 1 {
		t.Errorf("got %d %q, %v after %v", status, body, err, time.Since(began))
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
			p.Break(HalfBulk())
			if status, _, err := send(t, http.MethodPost, address+"/_bulk", c.body, c.header...); err == nil {
				t.Errorf("it was answered %d", status)
			}
			if got := server.came(); len(got) != 1 || got[0] != half || p.Done() != 1 {
				t.Errorf("there came %q, %d faults", got, p.Done())
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
