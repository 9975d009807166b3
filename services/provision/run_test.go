package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/provision/kibanatest"
)

// contestFile is the contest that ships.
const contestFile = "../../contest.yaml"

// servers starts a Kafka, an Elasticsearch and an S3 store that live as long as the test, and returns a configuration
// for them, without Kibana.
func servers(t *testing.T) Config {
	t.Helper()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	quiet := slog.New(slog.DiscardHandler)
	index, err := elasticsearch.Start(t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = index.Close() })
	store, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	access, secret := store.Credentials()
	return Config{
		Kafka:         broker.Config{KafkaBrokers: kafka.ListenAddrs()},
		Elasticsearch: elastic.Config{ElasticsearchURL: index.URL()},
		S3: objectstore.Config{
			S3Endpoint: store.URL(), S3Bucket: "archive", S3Region: "us-east-1", S3AccessKey: access, S3SecretKey: config.Secret(secret),
		},
		Partitions: 3, Replication: 1, KeepIndices: 24 * time.Hour, Contest: contestFile, WaitFor: 30 * time.Second,
	}
}

// withKibana adds a Kibana to a configuration.
func withKibana(t *testing.T, cfg Config) (Config, *kibanatest.Server) {
	t.Helper()
	k := kibanatest.Start(t)
	cfg.Kibana.KibanaURL = k.URL()
	return cfg, k
}

// run runs provision and returns its lines.
func run(t *testing.T, cfg Config) ([]string, error) {
	t.Helper()
	var out bytes.Buffer
	cfg.Out = &out
	err := Run(t.Context(), cfg)
	return strings.Split(strings.TrimSpace(out.String()), "\n"), err
}

// mustRun is run for runs that have to succeed.
func mustRun(t *testing.T, cfg Config) []string {
	t.Helper()
	lines, err := run(t, cfg)
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	return lines
}

// has fails the test unless a line begins and contains so.
func has(t *testing.T, lines []string, begin, contains string) {
	t.Helper()
	for _, line := range lines {
		if strings.HasPrefix(line, begin+": ") && strings.Contains(line, contains) {
			return
		}
	}
	t.Errorf("no line about %q says %q:\n%s", begin, contains, strings.Join(lines, "\n"))
}

// client returns a client of the test's Elasticsearch.
func client(t *testing.T, cfg Config) *indexServer {
	t.Helper()
	transport, err := elastic.Connect(cfg.Elasticsearch)
	if err != nil {
		t.Fatal(err)
	}
	return &indexServer{transport: transport, tell: func(string, string, ...any) {}}
}

func makeIndex(t *testing.T, s *indexServer, name, body string) {
	t.Helper()
	if err := s.do(t.Context(), esapi.IndicesCreateRequest{Index: name, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

func TestASecondRunFindsEverythingAndChangesNothing(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	first := mustRun(t, cfg)
	for _, subject := range []string{
		"topic tweets.raw", "topic tweets.enriched", "topic tweets.dlq", "component template catsvdogs-settings",
		"index template tweets", "index template dead-letters", "index template catsvdogs-ledger", "bucket archive",
		"data view catsvdogs-tweets", "data view catsvdogs-dead-letters", "data view catsvdogs-ledger", "dashboard cats-v-dogs", "dashboard pipeline-health",
	} {
		has(t, first, subject, "made")
	}
	// So that Kibana knows their fields before anything is refused or accounted for; of posts the first makes its own index.
	for _, name := range []string{"dead-letters", "catsvdogs-ledger"} {
		has(t, first, "index "+name+"-"+time.Now().UTC().Format("2006.01"), "made")
	}
	has(t, first, "lifecycle", "no index lifecycle management")
	has(t, first, "versions in bucket archive", "this store has none")
	has(t, first, "lifecycle of bucket archive", "this store has none")

	imports, before := k.Imports(), *k.Get("dashboard", "cats-v-dogs")
	second := mustRun(t, cfg)
	if len(second) != len(first)-2 { // those indices are found with the others
		t.Errorf("%d lines first, then %d:\n%s", len(first), len(second), strings.Join(second, "\n"))
	}
	for _, line := range second {
		if strings.Contains(line, "made") || strings.Contains(line, "changed") || strings.Contains(line, "updated") || strings.Contains(line, "different") {
			t.Errorf("the second run says: %s", line)
		}
	}
	if k.Imports() != imports || k.Get("dashboard", "cats-v-dogs").UpdatedAt != before.UpdatedAt {
		t.Error("the second run has imported")
	}
}

func TestSeveralMayProvisionAtTheSameTime(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	// Both see an empty Kibana before either imports.
	var together sync.WaitGroup
	together.Add(2)
	arrived := make(chan struct{}, 2)
	k.BeforeImport = func() {
		select {
		case arrived <- struct{}{}:
			together.Done()
			together.Wait()
		default: // a later import of the one who came second
		}
	}
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			same := cfg
			same.Out = &bytes.Buffer{}
			errs <- Run(t.Context(), same)
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
			together.Done() // the other one waits for this one
		}
	}
	for _, line := range mustRun(t, cfg) {
		if strings.Contains(line, "different") || strings.Contains(line, "made") {
			t.Error(line)
		}
	}
}

func TestOlderIndicesAreGivenTheNewFieldsAndTheAlias(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	s := client(t, cfg)
	makeIndex(t, s, "tweets-2026.11.01", `{"mappings":{"dynamic":"strict","properties":{"text":{"type":"text"},"mine":{"type":"long"}}},"aliases":{"tweets":{}}}`)
	makeIndex(t, s, "dead-letters-2026.11", `{"mappings":{"dynamic":"strict","properties":{"source":{"type":"keyword"}}}}`)
	makeIndex(t, s, "other", `{"mappings":{"dynamic":"strict","properties":{}}}`)
	lines := mustRun(t, cfg)
	has(t, lines, "indices of tweets", "changed 1 of 1")
	has(t, lines, "indices of tweets", "alias tweets")
	has(t, lines, "indices of dead-letters", "changed 1 of 1")
	all, err := s.get(t.Context(), esapi.IndicesGetRequest{Index: []string{"_all"}})
	if err != nil {
		t.Fatal(err)
	}
	types := fieldTypes("", at(all, "tweets-2026.11.01", "mappings"))
	for path, kind := range map[string]string{"text.raw": "keyword", "index_ms": "long", "pipeline.arrival_ms": "long", "mine": "long"} {
		if types[path] != kind {
			t.Errorf("%s is %q, want %s", path, types[path], kind)
		}
	}
	if at(all, "tweets-2026.11.01", "aliases", "tweets", "filter") == nil || at(all, "dead-letters-2026.11", "aliases", "dead-letters") == nil {
		t.Errorf("the aliases are not as the templates say: %v", all)
	}
	if fields := fieldTypes("", at(all, "other", "mappings")); len(fields) != 0 {
		t.Errorf("a stranger's index has got %v", fields)
	}
	has(t, mustRun(t, cfg), "indices of tweets", "found 1")
}

func TestIndicesOfOthersAreLeftWhateverTheirNamesBeginWith(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	s := client(t, cfg)
	// Ours leave no doubt; the last ones even fit the pattern of our template.
	strangers := []string{"dead-letters-payments", "tweets-of-others", "tweets-1", "tweets-2026.11-old", "dead-letters-2026-11", "tweets-2026.13", "tweets-20.of.others"}
	for _, name := range strangers[:5] {
		makeIndex(t, s, name, `{"mappings":{"properties":{"amount":{"type":"long"}}}}`)
	}
	before, err := s.get(t.Context(), esapi.IndicesGetRequest{Index: []string{"_all"}})
	if err != nil {
		t.Fatal(err)
	}
	lines := mustRun(t, cfg)
	has(t, lines, "indices of tweets", "found 0")
	has(t, lines, "index dead-letters-"+time.Now().UTC().Format("2006.01"), "made")
	mustRun(t, cfg)
	for _, name := range strangers[:5] {
		now, err := s.get(t.Context(), esapi.IndicesGetRequest{Index: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(at(before, name), at(now, name)); diff != "" {
			t.Errorf("%s was changed: %s", name, diff)
		}
	}
	makeIndex(t, s, "tweets-new", `{}`)
	if now, err := s.get(t.Context(), esapi.IndicesGetRequest{Index: []string{"tweets-new"}}); err != nil || at(now, "tweets-new", "aliases", "tweets") != nil {
		t.Errorf("a stranger's new index has got our template: %v, %v", now, err)
	}
	for _, name := range strangers {
		if isOurs(name, "tweets") || isOurs(name, "dead-letters") {
			t.Errorf("%s is taken for ours", name)
		}
	}
	if !isOurs("tweets-2026.11", "tweets") || !isOurs("tweets-2026.11.23", "tweets") || !isOurs("dead-letters-2006.01", "dead-letters") {
		t.Error("ours is not taken for ours")
	}
}

func TestWhatCannotBeBroughtUpToDateIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*testing.T, *indexServer)
		want    string
	}{
		"a field of another type": {func(t *testing.T, s *indexServer) {
			makeIndex(t, s, "tweets-2026.11.01", `{"mappings":{"properties":{"lang":{"type":"long"}}}}`)
		}, "tweets-2026.11.01 cannot take what its template says now: mapper [lang] cannot be changed from type [long] to [keyword]"},
		"an index in the alias's place": {func(t *testing.T, s *indexServer) {
			makeIndex(t, s, "tweets", `{}`)
		}, "an index is named tweets"},
		"a template before ours": {func(t *testing.T, s *indexServer) {
			err := s.do(t.Context(), esapi.IndicesPutIndexTemplateRequest{Name: "thief", Body: strings.NewReader(`{"index_patterns":["tweets-*"],"priority":900}`)})
			if err != nil {
				t.Fatal(err)
			}
		}, "another template with a higher priority takes it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := servers(t)
			test.prepare(t, client(t, cfg))
			if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestATopicThatDiffersIsToldOfAndLeft(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	mustRun(t, cfg)
	cfg.Partitions, cfg.KeepAll = 5, true
	lines := mustRun(t, cfg)
	has(t, lines, "topic tweets.enriched", "it has 3 partitions, not 5")
	has(t, lines, "topic tweets.enriched", "retention.ms is 604800000, not -1")
	cfg.Partitions, cfg.KeepAll = 3, false
	for _, line := range mustRun(t, cfg) {
		if strings.HasPrefix(line, "topic") && strings.Contains(line, "different") {
			t.Errorf("it was changed: %s", line)
		}
	}
}

func TestAServerThatIsAwayIsWaitedForAndNamed(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	cfg.S3.S3Endpoint = "http://127.0.0.1:1" // nobody listens there
	cfg.WaitFor = 1500 * time.Millisecond
	lines, err := run(t, cfg)
	if err == nil || !strings.Contains(err.Error(), "the object store is not ready after 1.5s") || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
	has(t, lines, "waiting for the object store, 0s so far", "connection refused")

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("told to stop"))
	cfg.Out = &bytes.Buffer{}
	if err := Run(ctx, cfg); err == nil || !strings.Contains(err.Error(), "told to stop") {
		t.Errorf("got %v, want the reason of the stop", err)
	}
}

func TestAWrongKeyOfTheStoreIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	cfg.S3.S3SecretKey = "wrong-secret"
	lines, err := run(t, cfg)
	if err == nil || !strings.Contains(err.Error(), "--s3-secret-key") || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("got %v", err)
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "waiting") {
			t.Error(line)
		}
	}
}

func TestAMistakeInTheContestFileIsFoundBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	cfg, _ := withKibana(t, Config{WaitFor: time.Second, Contest: filepath.Join(t.TempDir(), "contest.yaml")})
	if err := os.WriteFile(cfg.Contest, []byte("name: nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := run(t, cfg)
	if err == nil || !strings.Contains(err.Error(), "contest.yaml:1") || lines[0] != "" {
		t.Errorf("got %v after %q", err, lines)
	}
}

func TestRefusalsOfElasticsearchAreFinalUnlessTheyPass(t *testing.T) {
	t.Parallel()
	for status, final := range map[int]bool{
		http.StatusBadRequest: true, http.StatusUnauthorized: true, http.StatusForbidden: true,
		http.StatusTooManyRequests: false, http.StatusServiceUnavailable: false,
	} {
		p := &provisioner{cfg: Config{WaitFor: 1600 * time.Millisecond}, report: newReport(&bytes.Buffer{})}
		tries := 0
		err := p.waiting(t.Context(), step{"Elasticsearch", func(context.Context) error {
			tries++
			return refusedByIndex(fmt.Errorf("put it: %w", &elastic.StatusError{Status: status, Body: `{"error":{"type":"x","reason":"because"}}`}))
		}})
		if err == nil || (tries == 1) != final || !strings.Contains(err.Error(), "put it: Elasticsearch") {
			t.Errorf("%d: %d tries, %v", status, tries, err)
		}
	}
}
