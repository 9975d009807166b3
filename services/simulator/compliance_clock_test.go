package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A moved clock: nobody waits a week for a test.
func TestTheAddressesOfAComplianceJobExpire(t *testing.T) {
	t.Parallel()
	var moved atomic.Int64
	now := func() time.Time {
		return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(moved.Load()))
	}
	cfg := Config{Telemetry: quiet(), Listen: "127.0.0.1:0", Rate: 1, KeepAlive: time.Second, ComplianceTakes: 10 * time.Second}
	tel, closeStage, err := cfg.Telemetry.Join("simulator")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStage)
	s := newServer(cfg, tel, nil, nil)
	s.now, s.jobs.now = now, now
	web := httptest.NewServer(s.handler())
	t.Cleanup(web.Close)
	file := func(method, path, body string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, web.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "text/plain")
		resp, err := web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	after := func(d time.Duration) { moved.Add(int64(d)) }
	state := func(id string) string {
		found, _ := s.jobs.find(func(j *job) bool { return j.id == id })
		return found.state
	}

	late, _ := s.jobs.create("tweets", "")
	after(uploadWithin - 1)
	if _, ok := s.jobs.create("tweets", ""); ok || state(late.id) != jobCreated {
		t.Errorf("a second job while the first waits: %v, which is %s", ok, state(late.id))
	}
	after(1)
	if got := file("PUT", uploadPath+late.upload, "1\n"); got != http.StatusBadRequest || state(late.id) != jobExpired {
		t.Errorf("an upload too late: %d, %s", got, state(late.id))
	}
	good, ok := s.jobs.create("tweets", "")
	if !ok {
		t.Fatal("an expired job is in the way")
	}
	if got := file("PUT", uploadPath+good.upload, "1\n"); got != http.StatusOK || state(good.id) != jobInProgress {
		t.Errorf("%d, %s", got, state(good.id))
	}
	after(10*time.Second - 1)
	if got := file("GET", downloadPath+good.download, ""); got != http.StatusNotFound || state(good.id) != jobInProgress {
		t.Errorf("%d, %s", got, state(good.id))
	}
	after(1)
	if got := file("GET", downloadPath+good.download, ""); got != http.StatusOK || state(good.id) != jobComplete {
		t.Errorf("%d, %s", got, state(good.id))
	}
	after(downloadWithin)
	if got := file("GET", downloadPath+good.download, ""); got != http.StatusBadRequest {
		t.Errorf("a download too late: %d", got)
	}
	waiting, _ := s.jobs.create("users", "")
	for range 3 * maxJobs {
		made, ok := s.jobs.create("tweets", "")
		if !ok || !s.jobs.submit(made.id, false, nil) {
			t.Fatal("a job is in the way")
		}
		after(10 * time.Second)
	}
	if n := len(s.jobs.list("tweets", "")); n != maxJobs-1 || state(waiting.id) != jobCreated {
		t.Errorf("%d jobs are remembered, and the one that waits is %q", n, state(waiting.id))
	}
}
