//go:build unix

package e2e

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/provision/access"
)

// TestOnRealServersThatAskEachServiceDoesItsWorkAndNothingElse begins with data of servers that let everybody in. It has some
// hundred posts go through the pipeline, tries what no service may do, and looks for secrets where none may be.
func TestOnRealServersThatAskEachServiceDoesItsWorkAndNothingElse(t *testing.T) {
	if os.Getenv(realParts) == "" {
		t.Skip("needs a real Kafka, Elasticsearch and MinIO: make test-real")
	}
	realparts.Say("%s", t.Name())
	s := startSecured(t)
	first, second := s.provision(t), s.provision(t)
	if !strings.Contains(first, "role catsvdogs_sink: made") || strings.Contains(second, "made") || strings.Contains(second, "put right") {
		t.Errorf("the first run says\n%s\nand the second\n%s", first, second)
	}
	everything := s.runPipeline(t)
	t.Run("what the former stack has written is there", s.keepsFormerData)
	t.Run("refusals", s.refusals)
	everything = append(everything, spoken{"provision and credentials", s.provisioned.Bytes()})
	everything = append(everything, s.mistakes(t)...)
	s.searchSecrets(t, everything)
}

func (s *secured) keepsFormerData(t *testing.T) {
	ctx := t.Context()
	index := s.transport(t, access.Viewer, s.file(access.Provision, "elasticsearch-"+access.Viewer))
	if _, err := elastic.Do(ctx, index, esapi.GetRequest{Index: unaskedIndex, DocumentID: "former"}, 1<<20); err != nil {
		t.Error(err)
	}
	store, err := objectstore.Connect(s.archive("catsvdogs-ledger", s.file(access.Ledger, "s3")))
	if err == nil {
		_, err = store.StatObject(ctx, s.bucket, "former", minio.StatObjectOptions{})
	}
	if err != nil {
		t.Error(err)
	}
	cl := s.kafkaClient(t, access.Ledger, kgo.ConsumeTopics(topic.Raw), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	await(t, "the record of the former stack", func() bool {
		found := false
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) { found = found || string(r.Value) == "former" })
		return found
	})
}

func (s *secured) transport(t *testing.T, user, passwordFile string) esapi.Transport {
	t.Helper()
	index, err := elastic.Connect(s.elastic(user, passwordFile))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func (s *secured) kafkaClient(t *testing.T, service string, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(broker.Dialing(s.broker(service, s.kafka.Addr)), options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func (s *secured) refusals(t *testing.T) {
	t.Run("Elasticsearch", s.indexRefuses)
	t.Run("object store", s.storeRefuses)
	t.Run("Kafka", s.brokerRefuses)
	t.Run("Kafka with a password", s.brokerKnowsPasswords)
}

func (s *secured) indexRefuses(t *testing.T) {
	password := map[string]string{
		"catsvdogs_sink": s.file(access.Sink, "elasticsearch"), "catsvdogs_ledger": s.file(access.Ledger, "elasticsearch"),
		access.Viewer: s.file(access.Provision, "elasticsearch-"+access.Viewer), access.Editor: s.file(access.Provision, "elasticsearch-"+access.Editor),
	}
	document := func() *strings.Reader { return strings.NewReader(`{"tweet_id":"x"}`) }
	for user, file := range password {
		index := s.transport(t, user, file)
		refused := map[string]esapi.Request{
			"write elsewhere":         esapi.IndexRequest{Index: "elsewhere", Body: document()},
			"read elsewhere":          esapi.SearchRequest{Index: []string{".kibana", "catsvdogs-provision"}},
			"delete a post":           esapi.DeleteRequest{Index: unaskedIndex, DocumentID: "former"},
			"delete an index":         esapi.IndicesDeleteRequest{Index: []string{unaskedIndex}},
			"close an index":          esapi.IndicesCloseRequest{Index: []string{unaskedIndex}},
			"change a mapping":        esapi.IndicesPutMappingRequest{Index: []string{unaskedIndex}, Body: strings.NewReader(`{"properties":{"x":{"type":"keyword"}}}`)},
			"change a setting":        esapi.IndicesPutSettingsRequest{Index: []string{unaskedIndex}, Body: strings.NewReader(`{"index.blocks.write":true}`)},
			"change a template":       esapi.IndicesPutIndexTemplateRequest{Name: "tweets", Body: strings.NewReader(`{"index_patterns":["x"]}`)},
			"delete a template":       esapi.IndicesDeleteIndexTemplateRequest{Name: "tweets"},
			"change an alias":         esapi.IndicesUpdateAliasesRequest{Body: strings.NewReader(`{"actions":[{"remove":{"index":"` + unaskedIndex + `","alias":"tweets"}}]}`)},
			"change the cluster":      esapi.ClusterPutSettingsRequest{Body: strings.NewReader(`{"transient":{"action.auto_create_index":"false"}}`)},
			"see the users":           esapi.SecurityGetUserRequest{},
			"give itself a role":      esapi.SecurityPutUserRequest{Username: user, Body: strings.NewReader(`{"roles":["superuser"]}`)},
			"give itself more rights": esapi.SecurityPutRoleRequest{Name: user, Body: strings.NewReader(`{"cluster":["all"]}`)},
		}
		if user != "catsvdogs_sink" {
			refused["write a post"] = esapi.IndexRequest{Index: unaskedIndex, Body: document()}
		}
		if user != "catsvdogs_ledger" {
			refused["write an account"] = esapi.IndexRequest{Index: "catsvdogs-ledger", Body: document()}
		}
		for what, request := range refused {
			if status, body := ask(t, index, request); status != http.StatusForbidden {
				t.Errorf("%s may %s: %d %.300s", user, what, status, body)
			}
		}
	}
	for name, index := range map[string]esapi.Transport{
		"nobody":                   s.transport(t, "", ""),
		"a user of another's file": s.transport(t, access.Viewer, s.file(access.Sink, "elasticsearch")),
	} {
		if status, body := ask(t, index, esapi.SearchRequest{Index: []string{"tweets"}}); status != http.StatusUnauthorized {
			t.Errorf("%s is let in: %d %.300s", name, status, body)
		}
	}
}

func (s *secured) storeRefuses(t *testing.T) {
	ctx := t.Context()
	root, err := objectstore.Connect(s.archive(access.StoreAdmin, s.file("minio", "root")))
	if err == nil {
		err = root.MakeBucket(ctx, "elsewhere", minio.MakeBucketOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{access.Sink, access.Ingest, access.Refresher, access.Ledger} {
		store, err := objectstore.Connect(s.archive(access.Principal(service), s.file(service, "s3")))
		if err != nil {
			t.Fatal(err)
		}
		put := func(bucket string) error {
			_, err := store.PutObject(ctx, bucket, "x", strings.NewReader("x"), 1, minio.PutObjectOptions{})
			return err
		}
		list := func(bucket string) error {
			ctx, cancel := context.WithCancel(ctx) // which ends the listing
			defer cancel()
			for o := range store.ListObjects(ctx, bucket, minio.ListObjectsOptions{MaxKeys: 1}) {
				return o.Err
			}
			return nil
		}
		refused := map[string]error{
			"write elsewhere":         put("elsewhere"),
			"list elsewhere":          list("elsewhere"),
			"make a bucket":           store.MakeBucket(ctx, "another", minio.MakeBucketOptions{}),
			"remove the bucket":       store.RemoveBucketWithOptions(ctx, s.bucket, minio.RemoveBucketOptions{ForceDelete: true}),
			"suspend versions":        store.SuspendVersioning(ctx, s.bucket),
			"make the bucket public":  store.SetBucketPolicy(ctx, s.bucket, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::archive/*"]}]}`),
			"remove the life's rules": store.SetBucketLifecycle(ctx, s.bucket, nil),
		}
		if service != access.Sink {
			refused["write"] = put(s.bucket)
			refused["delete"] = store.RemoveObject(ctx, s.bucket, "former", minio.RemoveObjectOptions{})
		}
		for what, err := range refused {
			if code := minio.ToErrorResponse(err).Code; code != minio.AccessDenied {
				t.Errorf("%s may %s: %v", service, what, err)
			}
		}
		if err := list(s.bucket); err != nil {
			t.Errorf("%s cannot list the archive: %v", service, err)
		}
	}
}

func (s *secured) brokerRefuses(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	writes := map[string][]string{
		access.Ingest:    {topic.Raw, topic.DeadLetter, topic.IngestState},
		access.Refresher: {topic.Raw, topic.IngestState, topic.RefresherState},
		access.Enricher:  {topic.Raw, topic.Enriched, topic.DeadLetter},
		access.Sink:      {topic.DeadLetter}, access.Live: nil, access.Ledger: nil,
	}
	for service, allowed := range writes {
		cl := s.kafkaClient(t, service, kgo.DisableIdempotentWrite(), kgo.RecordRetries(0))
		for _, name := range []string{topic.Raw, topic.Enriched, topic.DeadLetter, topic.IngestState, topic.RefresherState} {
			if strings.Contains(strings.Join(allowed, " "), name) {
				continue
			}
			if err := cl.ProduceSync(ctx, &kgo.Record{Topic: name, Value: []byte("x")}).FirstErr(); !errors.Is(err, kerr.TopicAuthorizationFailed) {
				t.Errorf("%s may write to %s: %v", service, name, err)
			}
		}
		adm := kadm.NewClient(cl)
		if _, err := adm.DeleteTopic(ctx, topic.Raw); err == nil {
			t.Fatalf("%s may delete a topic", service)
		}
		if _, err := adm.CreateTopic(ctx, 1, 1, nil, "another"); err == nil {
			t.Errorf("%s may make a topic", service)
		}
		more, err := adm.CreateACLs(ctx, kadm.NewACLs().Allow("User:"+access.Principal(service)).AllowHosts("*").ResourcePatternType(kadm.ACLPatternLiteral).Topics("*").Operations(kadm.OpAll))
		if err != nil || len(more) != 1 || !errors.Is(more[0].Err, kerr.ClusterAuthorizationFailed) {
			t.Errorf("%s may give itself rights: %v, %v", service, more, err)
		}
		if _, err := adm.DeleteGroup(ctx, "sink-index"); !errors.Is(err, kerr.GroupAuthorizationFailed) {
			t.Errorf("%s may delete the sink's group: %v", service, err)
		}
		if service != access.Enricher {
			transaction := s.kafkaClient(t, service, kgo.TransactionalID("enricher-of-somebody"))
			if _, _, err := transaction.ProducerID(ctx); !errors.Is(err, kerr.TransactionalIDAuthorizationFailed) {
				t.Errorf("%s may end the enricher's transactions: %v", service, err)
			}
		}
	}
	unknown, err := kgo.NewClient(kgo.SeedBrokers(s.kafka.Addr), kgo.RetryTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer unknown.Close()
	if err := unknown.Ping(ctx); err == nil {
		t.Error("a client without a certificate is let in")
	}
	nobody := s.broker(access.Live, s.kafka.Addr)
	nobody.KafkaClientCertFile, nobody.KafkaClientKeyFile = "", ""
	anonymous, err := kgo.NewClient(append(broker.Dialing(nobody), kgo.RetryTimeout(time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	defer anonymous.Close()
	if err := anonymous.Ping(ctx); err == nil {
		t.Error("a client that encrypts and does not say who it is is let in")
	}
}

// brokerKnowsPasswords has the same ACLs count for a user who logs in by SCRAM.
func (s *secured) brokerKnowsPasswords(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(canary("of Kafka")), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := kadm.NewClient(s.kafkaClient(t, access.Provision)).AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{{
		User: access.Principal(access.Sink), Mechanism: kadm.ScramSha512, Iterations: 4096, Password: canary("of Kafka"),
	}})
	if err != nil || made.Error() != nil {
		t.Fatal(err, made.Error())
	}
	cfg := broker.Config{
		KafkaBrokers: []string{s.scram}, KafkaTLS: true, KafkaCAFile: s.file(access.Sink, "kafka-ca.pem"),
		KafkaSASL: "scram-sha-512", KafkaUsername: access.Principal(access.Sink), KafkaPasswordFile: file,
	}
	client := func(cfg broker.Config) *kgo.Client {
		if err := cfg.Check(); err != nil {
			t.Fatal(err)
		}
		cl, err := kgo.NewClient(append(broker.Dialing(cfg), kgo.DisableIdempotentWrite(), kgo.RecordRetries(0), kgo.RetryTimeout(5*time.Second),
			kgo.ConsumeTopics(topic.Raw), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cl.Close)
		return cl
	}
	cl := client(cfg)
	if found := cl.PollRecords(ctx, 1); found.Err() != nil || found.NumRecords() == 0 {
		t.Errorf("the sink cannot read: %v", found.Err())
	}
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic.Raw, Value: []byte("x")}).FirstErr(); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("the sink may write to %s: %v", topic.Raw, err)
	}
	cfg.KafkaPasswordFile, cfg.KafkaPassword = "", "another"
	if err := client(cfg).Ping(ctx); !errors.Is(err, kerr.SaslAuthenticationFailed) {
		t.Errorf("another password is let in: %v", err)
	}
}

// freePort is an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// tokenFile holds X's token.
func tokenFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(bearerToken), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// bearerToken is a canary that a header can carry.
const bearerToken = "c4naRy-bearer-0123456789-token"
