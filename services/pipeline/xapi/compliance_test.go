package xapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const jobText = `{"id":"7","name":"n","type":"tweets","status":"complete","created_at":"2026-08-30T12:00:00.000Z","upload_url":"https://u.example/1?s=x","upload_expires_at":"2026-08-30T12:15:00.000Z","download_url":"https://d.example/1","download_expires_at":"soon"}`

func TestAJobIsMadeAndReadAsXHasIt(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 8, 30, 12, 0, 0, 0, time.UTC)
	want := Job{
		ID: "7", Name: "n", Status: JobComplete, CreatedAt: noon, UploadURL: "https://u.example/1?s=x",
		UploadExpiresAt: noon.Add(15 * time.Minute), DownloadURL: "https://d.example/1",
	}
	var mu sync.Mutex
	var asked []string
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		mu.Unlock()
		if r.URL.RequestURI() == jobsPath+"?type=tweets" {
			_, _ = fmt.Fprintf(w, `{"data":[%s,{"id":"x"}],"meta":{"result_count":2}}`, jobText)
			return
		}
		_, _ = fmt.Fprintf(w, `{"data":%s}`, jobText)
	})
	made, err := c.CreateJob(t.Context(), "n")
	if diff := cmp.Diff(want, made); diff != "" || err != nil {
		t.Errorf("made (-want +got):\n%s%v", diff, err)
	}
	one, err := c.Job(t.Context(), "7")
	if diff := cmp.Diff(want, one); diff != "" || err != nil {
		t.Errorf("one (-want +got):\n%s%v", diff, err)
	}
	all, err := c.Jobs(t.Context())
	if diff := cmp.Diff([]Job{want}, all); diff != "" || err != nil {
		t.Errorf("all (-want +got):\n%s%v", diff, err)
	}
	if diff := cmp.Diff([]string{
		`POST /2/compliance/jobs {"type":"tweets","name":"n","resumable":false}`, "GET /2/compliance/jobs/7 ", "GET /2/compliance/jobs?type=tweets ",
	}, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAnAnswerWithoutAJobIsNone(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"data":null}`, `{"data":{}}`, `{"data":{"id":"../2"}}`, `[]`, ``} {
		c := clientOf(t, says(200, body))
		var f *Failure
		if _, err := c.Job(t.Context(), "7"); !errors.As(err, &f) || f.Kind != HTTP {
			t.Errorf("%q is a job: %v", body, err)
		}
		if _, err := c.Jobs(t.Context()); !errors.As(err, &f) || f.Kind != HTTP {
			t.Errorf("%q is a listing: %v", body, err)
		}
	}
	if jobs, err := clientOf(t, says(200, `{"meta":{"result_count":0}}`)).Jobs(t.Context()); err != nil || len(jobs) != 0 {
		t.Errorf("an empty listing: %v, %v", jobs, err)
	}
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
	if _, err := c.Job(t.Context(), "../users"); !errors.Is(err, ErrJob) {
		t.Errorf("an id of another kind: %v", err)
	}
	if _, err := c.CreateJob(t.Context(), strings.Repeat("n", maxJobName+1)); !errors.Is(err, ErrJob) {
		t.Errorf("a long name: %v", err)
	}
}

func TestASecondJobIsAConflict(t *testing.T) {
	t.Parallel()
	var f *Failure
	_, err := clientOf(t, says(409, `{"title":"ConflictProblem","detail":"a job runs","type":"https://api.x.com/2/problems/conflict"}`)).CreateJob(t.Context(), "")
	if !errors.As(err, &f) || f.Kind != Conflict || f.Final() {
		t.Error(err)
	}
}

// files is a server of files on this machine that notes what comes.
func files(t *testing.T, serve http.HandlerFunc) (address string, seen func() []string) {
	t.Helper()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got = append(got, fmt.Sprintf("%s %s %s %d %q", r.Method, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.ContentLength, body))
		mu.Unlock()
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/signed?key=1", func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func TestAnUploadGoesToItsAddressWithoutTheToken(t *testing.T) {
	t.Parallel()
	address, seen := files(t, says(200, ""))
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { t.Error("it came to X") })
	if err := c.Upload(t.Context(), address, strings.NewReader("1\n2\n")); err != nil {
		t.Fatal(err)
	}
	if err := c.Upload(t.Context(), address, iotest.OneByteReader(strings.NewReader("3\n"))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`PUT text/plain  4 "1\n2\n"`, `PUT text/plain  -1 "3\n"`}, seen()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOnlyAddressesThatMayBeTrustedAreUsed(t *testing.T) {
	t.Parallel()
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
	for _, address := range []string{"", "signed", "http://storage.example/x", "ftp://127.0.0.1/x", "https://u:p@storage.example/x", "http://127.0.0.1.example/x", "https:///x", "file:///etc/passwd", "https://a b/"} {
		if err := c.Upload(t.Context(), address, strings.NewReader("1\n")); !errors.Is(err, errAddress) || address != "" && strings.Contains(err.Error(), address) {
			t.Errorf("%q: %v", address, err)
		}
		if _, err := c.Download(t.Context(), address, nil); !errors.Is(err, errAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	other, _ := files(t, says(200, ""))
	for status, body := range map[int]string{307: "", 302: "", 403: "<Code>ExpiredToken</Code>", 401: "", 500: "busy"} {
		address, seen := files(t, says(status, body, "Location", other))
		err := c.Upload(t.Context(), address, strings.NewReader("1\n"))
		var f *Failure
		if !errors.As(err, &f) || f.Kind != HTTP || f.Final() || f.Status != status || len(seen()) != 1 || strings.Contains(err.Error(), "bearer") {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

// download reads results from a server that sends body.
func download(t *testing.T, serve http.HandlerFunc) (got []Result, unread int, err error) {
	t.Helper()
	address, _ := files(t, serve)
	c := clientOf(t, func(http.ResponseWriter, *http.Request) { t.Error("it came to X") })
	unread, err = c.Download(t.Context(), address, func(r Result) error {
		got = append(got, r)
		return nil
	})
	return got, unread, err
}

func TestResultsAreReadLineByLine(t *testing.T) {
	t.Parallel()
	got, unread, err := download(t, says(200, `{"id":"1","action":"delete","created_at":"2026-08-29T17:02:47.000Z","redacted_at":"2026-08-30T17:02:47.000Z","reason":"deleted"}`+"\r\n\n"+
		`{"id":"2","action":"delete","created_at":"","reason":"pro\u0000tected"}`+"\n"+
		`{"id":"x","action":"delete"}`+"\nno JSON\n"+`{"id":3}`+"\n"+`{"id":"4","action":"delete","reason":"suspended"}`))
	want := []Result{
		{ID: "1", Action: "delete", CreatedAt: time.Date(2026, 8, 29, 17, 2, 47, 0, time.UTC), RedactedAt: time.Date(2026, 8, 30, 17, 2, 47, 0, time.UTC), Reason: "deleted"},
		{ID: "2", Action: "delete", Reason: "pro tected"},
		{ID: "4", Action: "delete", Reason: "suspended"},
	}
	if diff := cmp.Diff(want, got); diff != "" || unread != 3 || err != nil {
		t.Errorf("%d unread, %v (-want +got):\n%s", unread, err, diff)
	}
}

func TestResultsThatDoNotEndWellAreNotAll(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"id":"1"}` + "\n"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"a line without an end": says(200, `{"id":"1"}`+"\n"+strings.Repeat("x", maxResultBytes+1)),
		"gone":                  says(404, "gone"),
	} {
		_, _, err := download(t, serve)
		var f *Failure
		if !errors.As(err, &f) {
			t.Errorf("%s: %v", name, err)
		}
	}
	address, _ := files(t, says(200, strings.Repeat(`{"id":"1"}`+"\n", 3)))
	full, n := errors.New("full"), 0
	_, err := clientOf(t, says(500, "")).Download(t.Context(), address, func(Result) error { n++; return full })
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("%d results after one that was not taken; %v", n, err)
	}
}

func TestAFileGoesWhereXItselfIsAskedAlsoWithoutTLS(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("http://simulator:8081")
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{URL: base, Token: testToken, UserAgent: "catsvdogs-test/1.0"})
	t.Cleanup(c.Close)
	for address, want := range map[string]bool{
		"http://simulator:8081/compliance/uploads/x": true,
		"https://storage.example/x":                  true,
		"http://simulator:8082/x":                    false,
		"http://elsewhere:8081/x":                    false,
		"http://u@simulator:8081/x":                  false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.usable(u); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}
