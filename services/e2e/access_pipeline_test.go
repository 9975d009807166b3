//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/provision/access"
)

// accessPosts go through the pipeline.
const accessPosts = 400

// spoken is what a service has said somewhere.
type spoken struct {
	where string
	text  []byte
}

// commands of the stack, each built once.
var builtServices = sync.OnceValues(func() (map[string]string, error) {
	binaries := map[string]string{}
	for _, name := range []string{"simulator", access.Ingest, access.Refresher, access.Enricher, access.Sink, access.Live, access.Ledger} {
		binary, err := build(name, name)
		if err != nil {
			return nil, err
		}
		binaries[name] = binary
	}
	return binaries, nil
})

// running is a service that runs as it does in the stack.
type running struct {
	*process
	name, binary, telemetry string
}

// runPipeline has posts go from the simulator to index and archive, each service with its own credentials, and returns what
// the services have said meanwhile.
func (s *secured) runPipeline(t *testing.T) []spoken {
	t.Helper()
	binaries, err := builtServices()
	if err != nil {
		t.Fatal(err)
	}
	x, page := freePort(t), freePort(t)
	var all []running
	start := func(name string, args ...string) {
		addr := freePort(t)
		p := startProcess(t, binaries[name], append(args, "--telemetry-addr", addr, "--log-level", "debug")...)
		all = append(all, running{p, name, binaries[name], addr})
	}
	start("simulator", "--listen", x, "--rate", "100", "--posts", strconv.Itoa(accessPosts), "--malformed", "0.01", "--deleted", "0.05", "--half-life", "5s")
	source := []string{"--source", "x", "--x-api-url", "http://" + x, "--x-bearer-token-file", tokenFile(t)}
	start(access.Ingest, s.flags(access.Ingest, append(source, "--contest", "../../contest.yaml")...)...)
	start(access.Refresher, s.flags(access.Refresher, append(source, "--contest", "../../contest.yaml", "--refresh-after", "2s,5s")...)...)
	start(access.Enricher, s.flags(access.Enricher, "--contest", "../../contest.yaml")...)
	start(access.Sink, s.flags(access.Sink, "--archive-age", "2s", "--archive-idle", "300ms")...)
	start(access.Live, s.flags(access.Live, "--contest", "../../contest.yaml", "--http", page)...)
	start(access.Ledger, s.flags(access.Ledger, "--truth-url", "http://"+x, "--every", "1s")...)
	s.awaitPosts(t)
	said := s.saidMeanwhile(t, all, page)
	for _, r := range all {
		r.signal(t, syscall.SIGTERM)
		r.awaitEnd(t)
		said = append(said, spoken{r.name + "'s log", append(r.printed("stderr"), r.printed("stdout")...)})
	}
	said = append(said, s.runCommands(t, binaries)...)
	for _, text := range said {
		for _, refusal := range []string{"security_exception", "AUTHORIZATION_FAILED", "AuthorizationFailed", "AccessDenied", "Access Denied", "Not authorized"} {
			if at := bytes.Index(text.text, []byte(refusal)); at >= 0 {
				t.Errorf("%s tells of a refusal: …%s…", text.where, text.text[max(0, at-300):min(len(text.text), at+300)])
			}
		}
	}
	return said
}

// runCommands does what people do with the services' commands, each with the service's own credentials.
func (s *secured) runCommands(t *testing.T, binaries map[string]string) []spoken {
	t.Helper()
	var said []spoken
	for _, c := range []struct {
		service string
		args    []string
	}{
		{access.Sink, append([]string{"compact"}, s.flags(access.Sink, "--all")...)},
		{access.Sink, append([]string{"reindex"}, s.flags(access.Sink, "--dry-run")...)},
		{access.Enricher, append([]string{"redrive"}, s.flags(access.Enricher, "--all", "--contest", "../../contest.yaml")...)},
		{access.Ingest, s.flags(access.Ingest, "--source", "archive", "--replay-from", "1970-01-01T00:00:00Z", "--dry-run", "--telemetry-addr", freePort(t), "--contest", "../../contest.yaml")},
		{access.Ledger, append([]string{"audit"}, s.flags(access.Ledger, "--settle", "0s")...)},
	} {
		what := c.service + " " + c.args[0]
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := exec.CommandContext(ctx, binaries[c.service], c.args...).CombinedOutput()
		cancel()
		// What the former stack has left is no post, and the ledger finds that.
		if exit := (*exec.ExitError)(nil); err != nil && (c.service != access.Ledger || !errors.As(err, &exit) || exit.ExitCode() != 3) {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
		said = append(said, spoken{what, out})
	}
	return said
}

// flags are how a service reaches the servers that it uses.
func (s *secured) flags(service string, more ...string) []string {
	flags := append(slices.Clone(more), "--kafka-brokers", s.kafka.Addr, "--kafka-tls", "--kafka-ca-file", s.file(service, "kafka-ca.pem"),
		"--kafka-client-cert-file", s.file(service, "kafka.pem"), "--kafka-client-key-file", s.file(service, "kafka.key"))
	if _, err := os.Stat(s.file(service, "s3")); err == nil {
		flags = append(flags, "--s3-endpoint", s.store.Addr, "--s3-bucket", s.bucket, "--s3-access-key", access.Principal(service), "--s3-secret-key-file", s.file(service, "s3"))
	}
	if _, err := os.Stat(s.file(service, "elasticsearch")); err == nil {
		flags = append(flags, "--elasticsearch-url", s.index.Addr, "--elasticsearch-username", "catsvdogs_"+service, "--elasticsearch-password-file", s.file(service, "elasticsearch"))
	}
	return flags
}

// awaitPosts waits until every kind of record has come to where it ends: posts and stubs in the index, dead letters, objects.
func (s *secured) awaitPosts(t *testing.T) {
	t.Helper()
	index := s.transport(t, access.Viewer, s.file(access.Provision, "elasticsearch-"+access.Viewer))
	count := func(name, query string) int {
		answer, err := elastic.Do(t.Context(), index, esapi.CountRequest{Index: []string{name}, Body: strings.NewReader(`{"query":` + query + `}`)}, 1<<20)
		var counted struct{ Count int }
		if err != nil || json.Unmarshal(answer, &counted) != nil {
			return 0
		}
		return counted.Count
	}
	await(t, "all posts in the index", func() bool { return count("tweets-20*.*", `{"exists":{"field":"tweet_id"}}`) > accessPosts })
	await(t, "looks", func() bool {
		return count("tweets", `{"range":{"observations":{"gte":2}}}`) > 0 || count("tweets", `{"range":{"metrics.likes":{"gte":1}}}`) > 0
	})
	await(t, "dead letters", func() bool { return count("dead-letters", `{"match_all":{}}`) > 0 })
	store, err := objectstore.Connect(s.archive(access.Principal(access.Ledger), s.file(access.Ledger, "s3")))
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"tweets.raw/", "tweets.enriched/"} {
		await(t, "objects of "+prefix, func() bool {
			ctx, cancel := context.WithCancel(t.Context()) // which ends the listing
			defer cancel()
			for o := range store.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, MaxKeys: 1}) {
				return o.Err == nil
			}
			return false
		})
	}
}

// saidMeanwhile is what the services tell while they run, and how lists of processes show them.
func (s *secured) saidMeanwhile(t *testing.T, all []running, page string) []spoken {
	t.Helper()
	var said []spoken
	ask := func(url string) {
		resp, err := http.Get(url) //nolint:gosec,noctx // an address of this test
		if err != nil {
			t.Errorf("ask %s: %v", url, err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
		if err != nil {
			t.Errorf("read %s: %v", url, err)
		}
		said = append(said, spoken{url, body}, spoken{url + " (header)", fmt.Append(nil, resp.Header)})
	}
	for _, r := range all {
		for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
			ask("http://" + r.telemetry + path)
		}
		if r.name == access.Ledger {
			await(t, "an account", func() bool {
				resp, err := http.Get("http://" + r.telemetry + "/account") //nolint:gosec,noctx // an address of this test
				if err != nil {
					return false
				}
				_ = resp.Body.Close()
				return resp.StatusCode == http.StatusOK
			})
			ask("http://" + r.telemetry + "/account")
		}
		help, err := exec.CommandContext(t.Context(), r.binary, "--help").CombinedOutput()
		if err != nil {
			t.Errorf("%s --help: %v", r.name, err)
		}
		said = append(said, spoken{r.name + " --help", help})
		if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", r.PID())); err == nil {
			said = append(said, spoken{r.name + "'s command line", line})
		}
	}
	ask("http://" + page + "/api/v1/contest")
	ask("http://" + page + "/")
	return said
}
