package xapi

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// simulatorFolder holds the simulator's module, which requires this one: so it is built and run, not imported.
const simulatorFolder = "../../simulator"

// startSimulator returns the address of a simulator whose authors delete posts within moments.
func startSimulator(t *testing.T) *url.URL {
	t.Helper()
	if testing.Short() {
		t.Skip("the simulator takes time to build")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go to build the simulator with: ", err)
	}
	program := filepath.Join(t.TempDir(), "simulator")
	build := exec.CommandContext(t.Context(), goTool, "build", "-o", program, "./cmd/simulator")
	build.Dir = simulatorFolder
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the simulator: %v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	run := exec.CommandContext(ctx, program, "--listen=127.0.0.1:0", "--rate=50", "--deleted=0.5", "--half-life=2s", "--compliance-takes=1s")
	log, err := run.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-ended
		_ = run.Wait() // it was killed
	})
	go func() {
		defer close(ended)
		found := regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if at := found.FindString(lines.Text()); at != "" && strings.Contains(lines.Text(), "is ready") {
				address <- at
			}
		}
	}()
	select {
	case at := <-address:
		return &url.URL{Scheme: "http", Host: at}
	case <-ended:
		t.Fatal("the simulator has ended")
	case <-time.After(time.Minute):
		t.Fatal("the simulator is not ready after a minute")
	}
	return nil
}

// collect reads the stream until so many posts have come, and returns their ids.
func collect(t *testing.T, c *Client, posts int) (ids []string) {
	t.Helper()
	rules := map[string]any{"add": []map[string]string{{"value": "#cat has:images", "tag": "cats with images"}}}
	var answer json.RawMessage
	if err := c.Call(t.Context(), "add a rule", http.MethodPost, "/2/tweets/search/stream/rules", nil, rules, &answer); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	resp, err := c.Open(ctx, "connect", "/2/tweets/search/stream", c.Fields())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	for lines := json.NewDecoder(resp.Body); len(ids) < posts; {
		var line struct {
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if id := line.Data.ID; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func TestTheSimulatorsPostsAreLookedUpAndCheckedByAJob(t *testing.T) {
	t.Parallel()
	c := New(Options{URL: startSimulator(t), Token: MadeUpToken, UserAgent: "catsvdogs-test/1.0", Reuse: true})
	t.Cleanup(c.Close)
	ids := collect(t, c, 95)
	if !c.Simulated() {
		t.Error("the simulator is not known for one")
	}
	asked := append(slices.Clone(ids), "1", "2")
	gone := map[string]bool{"1": true, "2": true}
	deadline := time.Now().Add(time.Minute)
	for len(gone) < 10 {
		looked, err := c.Lookup(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(looked.Found) + len(looked.Missing); n != len(asked) || len(looked.Unanswered) != 0 || time.Now().After(deadline) {
			t.Fatalf("of %d ids %d are answered, %d not", len(asked), n, len(looked.Unanswered))
		}
		for _, m := range looked.Missing {
			if gone[m.ID] = true; !m.Gone() || !json.Valid(m.Problem) {
				t.Errorf("missing %+v", m)
			}
		}
		for _, p := range looked.Found {
			if gone[p.ID] || p.First == "" || !slices.Contains(p.Versions, p.ID) || p.Includes == nil || !json.Valid(p.Line(nil)) {
				t.Errorf("found %+v", p)
			}
		}
	}
	checkByJob(t, c, asked, gone)
}

// checkByJob checks that a job tells of the posts that are gone, but for those that were never made.
func checkByJob(t *testing.T, c *Client, asked []string, gone map[string]bool) {
	t.Helper()
	job, err := c.CreateJob(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Upload(t.Context(), job.UploadURL, strings.NewReader(strings.Join(asked, "\n")+"\n")); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for job.Status != JobComplete {
		<-tick.C
		if job, err = c.Job(t.Context(), job.ID); err != nil || job.Status == JobFailed || job.Status == JobExpired || time.Now().After(deadline) {
			t.Fatalf("%+v, %v", job, err)
		}
	}
	if jobs, err := c.Jobs(t.Context()); err != nil || len(jobs) != 1 || jobs[0].ID != job.ID {
		t.Errorf("jobs %+v, %v", jobs, err)
	}
	told := map[string]bool{}
	unread, err := c.Download(t.Context(), job.DownloadURL, func(r Result) error {
		if told[r.ID] = true; r.Action != "delete" || r.Reason == "" || !slices.Contains(asked, r.ID) {
			t.Errorf("result %+v", r)
		}
		return nil
	})
	if err != nil || unread != 0 {
		t.Errorf("%d unread, %v", unread, err)
	}
	for id := range gone {
		if made := len(id) > 1; told[id] != made {
			t.Errorf("post %s is gone, and the job tells of it: %v", id, told[id])
		}
	}
}
