package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/provision/access"
)

// These tests look at the stack from outside, by its published ports. They change nothing but the number of enrichers.

func TestStackTheDashboardsAreThere(t *testing.T) {
	t.Parallel()
	kibana := "http://" + published(t, "kibana", 5601)
	for _, object := range []string{"index-pattern/catsvdogs-tweets", "index-pattern/catsvdogs-dead-letters", "index-pattern/catsvdogs-ledger", "dashboard/cats-v-dogs", "dashboard/pipeline-health"} {
		var found struct{ Type, ID string }
		if err := get(t.Context(), kibana+"/api/saved_objects/"+object, &found, viewer(t)); err != nil {
			t.Error(err)
		} else if got := found.Type + "/" + found.ID; got != object {
			t.Errorf("Kibana answers with %s, want %s", got, object)
		}
	}
}

func TestStackKibanaOpensWithoutALoginAndChangesNothingForAViewer(t *testing.T) {
	t.Parallel()
	kibana := "http://" + published(t, "kibana", 5601)
	cookies, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: cookies, Timeout: 20 * time.Second}
	ask := func(method, path, accept, body string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, kibana+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Kbn-Xsrf", "test")
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		return resp
	}
	if page := ask(http.MethodGet, "/", "text/html", ""); page.StatusCode != http.StatusOK || strings.Contains(page.Request.URL.Path, "login") {
		t.Errorf("it leads to %s: %s", page.Request.URL, page.Status)
	}
	if answer := ask(http.MethodGet, "/api/saved_objects/dashboard/cats-v-dogs", "application/json", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("the dashboard: %s", answer.Status)
	}
	if answer := ask(http.MethodDelete, "/api/saved_objects/dashboard/cats-v-dogs-that-is-not", "application/json", ""); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer who deletes a dashboard: %s", answer.Status)
	}
}

func TestStackNobodyIsLetInWithoutAPassword(t *testing.T) {
	t.Parallel()
	var answer any
	if err := get(t.Context(), "http://"+published(t, "elasticsearch", 9200)+"/tweets/_count", &answer); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("Elasticsearch: %v", err)
	}
	if err := get(t.Context(), "http://"+published(t, "minio", 9000)+"/catsvdogs-archive", &answer); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("MinIO: %v", err)
	}
}

func TestStackDocumentsArrive(t *testing.T) {
	t.Parallel()
	login := viewer(t)
	count := func() (int64, error) {
		var answer struct{ Count int64 }
		err := get(t.Context(), "http://"+published(t, "elasticsearch", 9200)+"/tweets/_count", &answer, login)
		return answer.Count, err
	}
	grows(t, "documents in the index", count)
}

func TestStackTheLivePageCounts(t *testing.T) {
	t.Parallel()
	count := func() (int64, error) {
		var state struct{ Posts struct{ Total int64 } }
		err := get(t.Context(), "http://"+published(t, "live", 8080)+"/api/v1/contest", &state)
		return state.Posts.Total, err
	}
	grows(t, "posts on the page", count)
}

func TestStackEnrichersShareTheWork(t *testing.T) {
	enricher := running(t).Services["enricher"]
	cl, err := kgo.NewClient(kgo.SeedBrokers(published(t, "kafka", 9092)))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	t.Cleanup(func() { scale(context.WithoutCancel(t.Context()), t, enricher.GetScale()) })
	for _, enrichers := range []int{4, 1} {
		scale(t.Context(), t, enrichers)
		eventually(t, func() error { return shared(t.Context(), adm, enrichers) })
	}
}

// shared says whether so many members of the enrichers' group have all partitions of tweets.raw between them.
func shared(ctx context.Context, adm *kadm.Client, members int) error {
	topics, err := adm.ListTopics(ctx, "tweets.raw")
	if err != nil {
		return err
	}
	groups, err := adm.DescribeGroups(ctx, "enricher")
	if err != nil {
		return err
	}
	group := groups["enricher"]
	if group.State != "Stable" || len(group.Members) != members {
		return fmt.Errorf("the group is %s with %d members, want %d", group.State, len(group.Members), members)
	}
	owned, partitions := 0, len(topics["tweets.raw"].Partitions)
	for _, m := range group.Members {
		assigned, ok := m.Assigned.AsConsumer()
		if !ok {
			return fmt.Errorf("%s has no assignment", m.MemberID)
		}
		n := 0
		for _, topic := range assigned.Topics {
			n += len(topic.Partitions)
		}
		if n < partitions/members || n > (partitions+members-1)/members {
			return fmt.Errorf("a member of %d has %d of %d partitions", members, n, partitions)
		}
		owned += n
	}
	if owned != partitions {
		return fmt.Errorf("%d of %d partitions are owned", owned, partitions)
	}
	return nil
}

// scale does what a person does.
func scale(ctx context.Context, t *testing.T, enrichers int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "make", "-C", root, "scale", fmt.Sprintf("ENRICHERS=%d", enrichers)).CombinedOutput(); err != nil {
		t.Fatalf("scale to %d: %v\n%s", enrichers, err, out)
	}
}

// running returns the model of the stack that is up, with the settings it was started with. Without one the test is
// skipped.
func running(t *testing.T) *types.Project {
	t.Helper()
	if os.Getenv("STACK") == "" {
		t.Skip("make up, then make test-stack")
	}
	folder, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(folder, "compose.yaml")}, cli.WithWorkingDirectory(folder), cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// published returns the address on this machine at which a service's port is found.
func published(t *testing.T, service string, port uint32) string {
	t.Helper()
	for _, p := range running(t).Services[service].Ports {
		if p.Target == port {
			return p.HostIP + ":" + p.Published
		}
	}
	t.Fatalf("%s does not publish %d", service, port)
	return ""
}

// viewer logs in as the one who may look at everything, with the password from the stack's vault.
func viewer(t *testing.T) func(*http.Request) {
	t.Helper()
	running(t) // or the test is skipped
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", "compose", "run", "--rm", "--no-deps", "-T", "credentials", "--show", "elasticsearch-"+access.Viewer)
	cmd.Dir = root
	password, err := cmd.Output()
	if err != nil {
		t.Fatalf("ask the vault: %v", err)
	}
	return func(r *http.Request) { r.SetBasicAuth(access.Viewer, strings.TrimSpace(string(password))) }
}

// get reads a JSON answer.
func get(ctx context.Context, url string, answer any, login ...func(*http.Request)) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	for _, as := range login {
		as(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %.500s", url, resp.Status, body)
	}
	return json.Unmarshal(body, answer)
}

// grows waits until a count is over what it was.
func grows(t *testing.T, what string, count func() (int64, error)) {
	t.Helper()
	first, err := count()
	if err != nil {
		t.Fatal(err)
	}
	if first == 0 {
		t.Errorf("no %s, though the stack says that it is up", what)
	}
	eventually(t, func() error {
		now, err := count()
		if err == nil && now <= first {
			err = fmt.Errorf("still %d %s", now, what)
		}
		return err
	})
}

// eventually asks until there is no error any more.
func eventually(t *testing.T, ask func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-again.C:
		}
	}
}
