//go:build unix

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/schemas"
	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/provision"
)

func TestProvisioningTheEmbeddedServersAgainChangesNothing(t *testing.T) {
	t.Parallel()
	k, err := kafka.Start(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	e, err := elasticsearch.Start(t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	s, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), AccessKey: "key", SecretKey: "secret of the key", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	provisionTwice(t, broker.Config{KafkaBrokers: k.Addrs()}, elastic.Config{ElasticsearchURL: e.URL()},
		objectstore.Config{S3Endpoint: s.URL(), S3AccessKey: "key", S3SecretKey: "secret of the key", S3Bucket: "archive", S3Region: "us-east-1"})
}

func TestProvisioningRealServersAgainChangesNothing(t *testing.T) {
	s := realServers(t)
	bucket := pristine(t, s)
	provisionTwice(t, s.broker(), s.elastic(), bucket)
}

// provisionTwice compares what the servers hold after a first and a second provisioning.
func provisionTwice(t *testing.T, k broker.Config, e elastic.Config, s objectstore.Config) {
	t.Helper()
	var cfg provision.Config
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Kafka, cfg.Elasticsearch, cfg.S3, cfg.Contest = k, e, s, "../../contest.yaml"
	provisioned := func() (lines []string, held map[string]string) {
		var out bytes.Buffer
		cfg.Out = &out
		if err := provision.Run(t.Context(), cfg); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		return strings.Split(strings.TrimSpace(out.String()), "\n"), holdings(t, k, e, s)
	}
	first, before := provisioned()
	second, after := provisioned()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the second run has changed something (-, +):\n%s", diff)
	}
	for what, held := range before {
		if held == "" {
			t.Errorf("%s is not there after the first run", what)
		}
	}
	if cmp.Equal(first, second) {
		t.Errorf("both runs say the same, so that nobody can tell what was made from what was found:\n%s", strings.Join(first, "\n"))
	}
}

// holdings are what provision makes, as the servers tell it: a topic's id changes when it is made anew.
func holdings(t *testing.T, k broker.Config, e elastic.Config, s objectstore.Config) map[string]string {
	t.Helper()
	held := map[string]string{}
	admin := kadm.NewClient(kafkatest.Client(t, k))
	topics, err := admin.ListTopics(t.Context(), pipelineTopics...)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := admin.DescribeTopicConfigs(t.Context(), pipelineTopics...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range settings {
		held["topic "+c.Name] = fmt.Sprint(topics[c.Name].ID, " ", len(topics[c.Name].Partitions), " ", c.Err)
		for _, one := range c.Configs {
			held["topic "+c.Name+" "+one.Key] = fmt.Sprintf("%q", one.MaybeValue())
		}
	}
	index, err := elastic.Connect(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range schemas.ComponentTemplates() {
		status, body := ask(t, index, esapi.ClusterGetComponentTemplateRequest{Name: []string{c.Name}})
		held["component template "+c.Name] = found(status, body)
	}
	for _, i := range schemas.IndexTemplates() {
		status, body := ask(t, index, esapi.IndicesGetIndexTemplateRequest{Name: i.Name})
		held["index template "+i.Name] = found(status, body)
	}
	store, err := objectstore.Connect(s)
	if err != nil {
		t.Fatal(err)
	}
	if there, err := store.BucketExists(t.Context(), s.S3Bucket); err == nil && there {
		versioning, err1 := store.GetBucketVersioning(t.Context(), s.S3Bucket)
		lifecycle, err2 := store.GetBucketLifecycle(t.Context(), s.S3Bucket)
		rules, err := json.Marshal(lifecycle)
		held["bucket"] = fmt.Sprint(versioning.Status, " ", refusal(err1), " ", string(rules), " ", refusal(err2), " ", err)
	} else {
		held["bucket"] = ""
	}
	return held
}

// found is the body of an answer, or nothing when there is no such thing.
func found(status int, body []byte) string {
	if status != http.StatusOK {
		return ""
	}
	return string(body)
}
