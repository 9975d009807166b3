package verify

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/schemas"
	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/storetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// world is Kafka, an archive of what it has, and an index.
type world struct {
	*Verifier
	t      *testing.T
	kafka  broker.Config
	client *minio.Client
	name   string
	bucket *bucket.Bucket
	index  esapi.Transport

	findings   []Finding
	partitions []Partition
}

// start archives perHour posts of each of three hours, in two partitions, raw and enriched.
func start(t *testing.T, perHour int) *world {
	t.Helper()
	_, kafka := kafkatest.Start(t, 2)
	client, name := storetest.Start(t)
	w := &world{t: t, kafka: kafka, client: client, name: name, bucket: bucket.New(client, name, bucket.MinPartBytes)}
	w.Verifier = &Verifier{
		Archive: archived.NewBucket(client, name), Kafka: kafkatest.Client(t, kafka), KafkaOptions: []kgo.Opt{kgo.SeedBrokers(kafka.KafkaBrokers...)},
		ArchiveGroup: "archive", IndexGroup: "index", Topics: []string{topic.Raw, topic.Enriched}, Partition: -1,
		Found: func(f Finding) { w.findings = append(w.findings, f) },
		Done:  func(p Partition) { w.partitions = append(w.partitions, p) },
	}
	for hour := range 3 {
		w.produce(noon.Add(time.Duration(hour)*time.Hour), hour*perHour, perHour)
	}
	w.archive(10)
	return w
}

// produce writes posts to both topics, to tweets.enriched in a transaction after one that is aborted.
func (w *world) produce(at time.Time, first, n int) {
	w.t.Helper()
	records := func(topicName string) (out []*kgo.Record) {
		for i := first; i < first+n; i++ {
			observed := at.Add(time.Duration(i) * time.Millisecond)
			out = append(out, &kgo.Record{
				Topic: topicName, Key: fmt.Append(nil, i), Timestamp: at, Value: document(i, observed),
				Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte(observed.Format(time.RFC3339Nano))}},
			})
		}
		return out
	}
	plain := kafkatest.Client(w.t, w.kafka)
	if err := plain.ProduceSync(w.t.Context(), records(topic.Raw)...).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
	cl := kafkatest.Client(w.t, w.kafka, kgo.TransactionalID("test"))
	for _, commit := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		if err := cl.BeginTransaction(); err != nil {
			w.t.Fatal(err)
		}
		if err := cl.ProduceSync(w.t.Context(), records(topic.Enriched)...).FirstErr(); err != nil {
			w.t.Fatal(err)
		}
		if err := cl.EndTransaction(w.t.Context(), commit); err != nil {
			w.t.Fatal(err)
		}
	}
}

func document(i int, observed time.Time) []byte {
	return fmt.Appendf(nil, `{"tweet_id":"%d","observed_at":"%s","text":"invented"}`, i, observed.Format(time.RFC3339Nano))
}

// archive runs the archiver until it has done all that is in Kafka.
func (w *world) archive(records int) {
	w.t.Helper()
	process := telemetry.NewProcess(slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	tel, closeStage, err := telemetry.Config{Process: process}.Join("archive")
	if err != nil {
		w.t.Fatal(err)
	}
	defer closeStage()
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	cfg := archive.Config{
		Kafka: w.kafka, Group: w.ArchiveGroup, Format: archived.Zstd,
		Rotation: archive.Rotation{Bytes: 1 << 20, Memory: 1 << 30, Records: records, Age: time.Minute, Idle: 100 * time.Millisecond},
	}
	go func() { done <- archive.Run(ctx, cfg, w.bucket, tel) }()
	last := map[string]map[int32]int64{}
	for _, name := range w.Topics {
		last[name] = map[int32]int64{}
		for _, r := range kafkatest.ReadAll(w.t, w.kafka, name) {
			last[name][r.Partition] = r.Offset
		}
	}
	admin := kadm.NewClient(w.Kafka)
	deadline := time.After(60 * time.Second)
	for {
		offsets, err := admin.FetchOffsets(w.t.Context(), w.ArchiveGroup)
		behind := err != nil
		for name, partitions := range last {
			for p, offset := range partitions {
				o, ok := offsets.Lookup(name, p)
				behind = behind || !ok || o.At <= offset || o.Metadata != ""
			}
		}
		if !behind {
			break
		}
		select {
		case <-deadline:
			w.t.Fatalf("the archive does not come to %v: %v", last, offsets)
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}

// forget makes Kafka forget all that is archived.
func (w *world) forget() {
	w.t.Helper()
	admin := kadm.NewClient(w.Kafka)
	for _, name := range w.Topics {
		ends, err := admin.ListCommittedOffsets(w.t.Context(), name)
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := admin.DeleteRecords(w.t.Context(), ends.Offsets()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// objects lists the archive of tweets.enriched, partition 0, in the order of offsets.
func (w *world) objects() []archived.Object {
	w.t.Helper()
	var objects []archived.Object
	err := w.Archive.Objects(w.t.Context(), topic.Enriched, func(o archived.Listed) error {
		if o.Partition == 0 {
			objects = append(objects, o.Object)
		}
		return nil
	})
	if err != nil || len(objects) < 4 {
		w.t.Fatalf("%v, %v", objects, err)
	}
	return objects
}

// change replaces an object's lines and leaves what it says of itself, under another name where one is given.
func (w *world) change(o archived.Object, as archived.Object, change func(lines []string) []string, metadata ...string) {
	w.t.Helper()
	var lines []string
	content, err := w.Archive.Lines(w.t.Context(), o, func(line []byte) error {
		lines = append(lines, string(line))
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	lines = change(lines)
	said := content.Range.Metadata()
	for i := 0; i+1 < len(metadata); i += 2 {
		said[metadata[i]] = metadata[i+1]
	}
	if said["records"] == "as changed" {
		said["records"] = fmt.Sprint(len(lines))
	}
	var body bytes.Buffer
	packer, err := as.Format.NewPacker(&body)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := packer.Write([]byte(strings.Join(lines, ""))); err != nil {
		w.t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bucket.Put(w.t.Context(), as.Name(), bytes.NewReader(body.Bytes()), int64(body.Len()), bucket.Options{Metadata: said}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) remove(o archived.Object) {
	w.t.Helper()
	if err := w.client.RemoveObject(w.t.Context(), w.name, o.Name(), minio.RemoveObjectOptions{}); err != nil {
		w.t.Fatal(err)
	}
}

// verify returns the findings, shortened.
func (w *world) verify() string {
	w.t.Helper()
	w.findings, w.partitions = nil, nil
	if err := w.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	var said []string
	for _, f := range w.findings {
		text := fmt.Sprintf("%s %d-%d", f.Kind, f.First, f.Last)
		if f.Key != "" {
			text = fmt.Sprintf("%s %s", f.Kind, f.Key)
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}

// sum adds the partitions up.
func (w *world) sum() (s Partition) {
	for _, p := range w.partitions {
		s.Objects += p.Objects
		s.Records += p.Records
		s.Suppressed += p.Suppressed
		s.Compared += p.Compared
		s.Posts += p.Posts
		s.Pending += p.Pending
		s.Refused += p.Refused
	}
	return s
}

// startIndex starts an index and takes it for the one to verify.
func (w *world) startIndex() {
	w.t.Helper()
	server, err := elasticsearch.Start(w.t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: w.t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = server.Close() })
	w.index, err = elastic.Connect(elastic.Config{ElasticsearchURL: server.URL()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Index = w.index
	for _, tpl := range schemas.ComponentTemplates() {
		w.request(esapi.ClusterPutComponentTemplateRequest{Name: tpl.Name, Body: bytes.NewReader(tpl.Body)})
	}
	for _, tpl := range schemas.IndexTemplates() {
		w.request(esapi.IndicesPutIndexTemplateRequest{Name: tpl.Name, Body: bytes.NewReader(tpl.Body)})
	}
}

func (w *world) request(r esapi.Request) {
	w.t.Helper()
	if _, err := elastic.Do(w.t.Context(), w.index, r, 1<<20); err != nil {
		w.t.Fatal(err)
	}
}

// store puts documents into the index, each index, id, source.
func (w *world) store(documents ...string) {
	w.t.Helper()
	var body strings.Builder
	for i := 0; i+2 < len(documents); i += 3 {
		fmt.Fprintf(&body, "{\"index\":{\"_index\":%q,\"_id\":%q}}\n%s\n", documents[i], documents[i+1], documents[i+2])
	}
	answer, err := elastic.Do(w.t.Context(), w.index, esapi.BulkRequest{Body: strings.NewReader(body.String()), Header: http.Header{"Content-Type": {"application/x-ndjson"}}}, 1<<20)
	if err != nil || bytes.Contains(answer, []byte(`"error"`)) {
		w.t.Fatalf("%s, %v", answer, err)
	}
}
