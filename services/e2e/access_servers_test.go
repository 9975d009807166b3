//go:build unix

package e2e

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/provision"
	"catsvdogs/services/provision/access"
	"catsvdogs/services/provision/credentials"
)

// secured are servers that ask who is there, as those of compose.yaml and compose.secure.yaml do, with the credentials that the
// stack's own step has made.
type secured struct {
	kafka, index, store *realparts.Server
	folder              string // as /credentials is in the stack
	bucket              string
	scram               string       // where users log in at Kafka with a password, as on servers of one's own
	provisioned         bytes.Buffer // what provision has printed
}

// admin stands for elastic, which cannot have a password here (see realparts.ElasticsearchAs).
const admin = "catsvdogs_admin"

// watermarks are the settings by which a large disk that is nearly full has room enough, as compose.yaml has them.
var watermarks = []string{
	"cluster.routing.allocation.disk.watermark.low: 2gb",
	"cluster.routing.allocation.disk.watermark.high: 1gb",
	"cluster.routing.allocation.disk.watermark.flood_stage: 512mb",
}

// canary is a secret that can be told from any other text, and holds what is often escaped wrongly.
func canary(name string) string { return "c4naRy-" + name[max(0, len(name)-12):] + `-&=+/"ü%#` }

// startSecured starts the servers on data that was written when nobody asked yet.
func startSecured(t *testing.T) *secured {
	t.Helper()
	base, err := os.MkdirTemp(scratch, "secured-")
	if err != nil {
		t.Fatal(err)
	}
	// Elasticsearch runs as somebody else.
	for _, folder := range []string{scratch, base} {
		if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // to pass through, not to look
			t.Fatal(err)
		}
	}
	folders := map[string]string{}
	for _, name := range []string{"kafka", "elasticsearch", "minio"} {
		folders[name] = filepath.Join(base, name)
		if err := os.Mkdir(folders[name], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s := &secured{folder: filepath.Join(base, "credentials"), bucket: "archive"}
	s.makeCredentials(t)
	s.writeUnasked(t, folders)

	ctx := t.Context()
	start := func(server *realparts.Server, err error) *realparts.Server {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the end of %s's output:\n%s", server.Name, server.Output())
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		return server
	}
	s.index = start(realparts.ElasticsearchAs(ctx, realparts.Node{
		Data: folders["elasticsearch"], HeapMB: 640, Settings: watermarks, User: admin, PasswordFile: s.file("vault", "elasticsearch-elastic"),
	}))
	s.store = start(realparts.MinIOAs(ctx, realparts.Node{Data: folders["minio"], User: access.StoreAdmin, PasswordFile: s.file("minio", "root")}))
	s.scram = freePort(t)
	s.kafka = start(realparts.KafkaAs(ctx, realparts.Broker{
		Data: folders["kafka"], HeapMB: 320, Client: broker.Dialing(s.broker(access.Provision, "")),
		Settings: func(clients, controller string) []string { return s.brokerSettings(t, clients, controller) },
	}))
	return s
}

// makeCredentials runs the stack's first step, with secrets that are there already.
func (s *secured) makeCredentials(t *testing.T) {
	t.Helper()
	for _, reader := range []string{
		"vault", "kafka", "elasticsearch", "kibana", "minio", access.Provision, access.Ingest, access.Refresher, access.Enricher, access.Sink, access.Live, access.Ledger,
	} {
		if err := os.MkdirAll(filepath.Join(s.folder, reader), 0o755); err != nil { //nolint:gosec // as Docker makes it
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"elasticsearch-elastic", "elasticsearch-kibana_system", "elasticsearch-catsvdogs_sink", "elasticsearch-catsvdogs_ledger",
		"s3-catsvdogs-root", "s3-catsvdogs-sink", "s3-catsvdogs-ingest",
	} {
		if err := os.WriteFile(filepath.Join(s.folder, "vault", name), []byte(canary(name)), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	cfg := credentials.Config{Dir: s.folder, TLS: true, Hosts: "localhost,127.0.0.1", Out: &s.provisioned}
	if os.Geteuid() != 0 {
		cfg.Give = func(string, int, int) error { return nil } // nobody else can be given anything
	}
	if err := credentials.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// writeUnasked leaves a record, a document and an object on servers that let everybody in, as the stack once was.
func (s *secured) writeUnasked(t *testing.T, folders map[string]string) {
	t.Helper()
	ctx := t.Context()
	index, err := realparts.ElasticsearchAs(ctx, realparts.Node{Data: folders["elasticsearch"], HeapMB: 512, Settings: watermarks})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = index.Close() }()
	store, err := realparts.MinIOAs(ctx, realparts.Node{Data: folders["minio"]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	kafka, err := realparts.KafkaAs(ctx, realparts.Broker{Data: folders["kafka"], HeapMB: 320})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kafka.Close() }()
	former := servers{kafka, index, store}
	var cfg provision.Config
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Kafka, cfg.Elasticsearch, cfg.S3 = former.broker(), former.elastic(), former.bucket(s.bucket)
	cfg.Contest, cfg.Out, cfg.Partitions = "../../contest.yaml", io.Discard, 3
	if err := provision.Run(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	transport, err := elastic.Connect(cfg.Elasticsearch)
	if err == nil {
		_, err = elastic.Do(ctx, transport, esapi.IndexRequest{Index: unaskedIndex, DocumentID: "former", Body: strings.NewReader(`{"tweet_id":"former"}`)}, 1<<20)
	}
	if err != nil {
		t.Fatal(err)
	}
	client, err := objectstore.Connect(cfg.S3)
	if err == nil {
		_, err = client.PutObject(ctx, s.bucket, "former", strings.NewReader("former"), 6, minio.PutObjectOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(kafka.Addr))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic.Raw, Key: []byte("former"), Value: []byte("former")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for _, server := range former.all() {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// unaskedIndex is an index of posts, as the template makes it.
const unaskedIndex = "tweets-2026.01"

// brokerSettings are those of compose.secure.yaml, as Kafka's image turns variables into settings, but for places: clients is where
// they find the broker, controller where that listens.
// https://github.com/apache/kafka/blob/4.0/core/src/main/scala/kafka/docker/KafkaDockerWrapper.scala
func (s *secured) brokerSettings(t *testing.T, clients, controller string) []string {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../compose.yaml", "../../compose.secure.yaml"}, cli.WithWorkingDirectory("../.."), cli.WithEnv(nil))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings := []string{
		"listeners=STACK://" + clients + ",CONTROLLER://" + controller + ",PASSWORD://" + s.scram,
		"advertised.listeners=STACK://" + clients + ",PASSWORD://" + s.scram, "controller.quorum.voters=1@" + controller,
		"listener.name.password.ssl.client.auth=none", "sasl.enabled.mechanisms=SCRAM-SHA-512",
		"listener.name.password.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
	}
	for name, value := range project.Services["kafka"].Environment {
		name, ours := strings.CutPrefix(name, "KAFKA_")
		switch name {
		case "LISTENERS", "ADVERTISED_LISTENERS", "CONTROLLER_QUORUM_VOTERS", "LOG_DIRS", "HEAP_OPTS", "JVM_PERFORMANCE_OPTS":
			continue
		}
		if ours {
			if name == "LISTENER_SECURITY_PROTOCOL_MAP" {
				*value += ",PASSWORD:SASL_SSL"
			}
			name = strings.NewReplacer("...", "-", "..", "_").Replace(strings.ReplaceAll(strings.ToLower(name), "_", "."))
			settings = append(settings, name+"="+strings.ReplaceAll(*value, "/credentials/", filepath.Join(s.folder, "kafka")+"/"))
		}
	}
	return settings
}

// file is what a reader has by a name.
func (s *secured) file(reader, name string) string { return filepath.Join(s.folder, reader, name) }

func (s *secured) secret(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(s.file("vault", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// broker is how a service reaches the broker.
func (s *secured) broker(service, addr string) broker.Config {
	return broker.Config{
		KafkaBrokers: []string{addr}, KafkaTLS: true, KafkaCAFile: s.file(service, "kafka-ca.pem"),
		KafkaClientCertFile: s.file(service, "kafka.pem"), KafkaClientKeyFile: s.file(service, "kafka.key"), KafkaSASL: "none",
	}
}

// elastic is how a user reaches Elasticsearch.
func (s *secured) elastic(user, passwordFile string) elastic.Config {
	return elastic.Config{ElasticsearchURL: s.index.Addr, ElasticsearchUsername: user, ElasticsearchPasswordFile: passwordFile}
}

// archive is how a user reaches the archive.
func (s *secured) archive(user, keyFile string) objectstore.Config {
	return objectstore.Config{S3Endpoint: s.store.Addr, S3AccessKey: user, S3SecretKeyFile: keyFile, S3Bucket: s.bucket, S3Region: "us-east-1"}
}

// provision does what the stack's provision does, without Kibana, and returns its lines.
func (s *secured) provision(t *testing.T) string {
	t.Helper()
	var cfg provision.Config
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cfg.Kafka, cfg.KafkaACLs = s.broker(access.Provision, s.kafka.Addr), true
	cfg.Elasticsearch = s.elastic(admin, s.file(access.Provision, "elasticsearch-elastic"))
	cfg.S3 = s.archive(access.StoreAdmin, s.file(access.Provision, "s3-catsvdogs-root"))
	cfg.AccessDir, cfg.Contest, cfg.Out, cfg.Partitions = s.file(access.Provision, ""), "../../contest.yaml", &out, 3
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	err := provision.Run(ctx, cfg)
	s.provisioned.Write(out.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}
