package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/schemas"
	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

const (
	partitions  = 2
	posts       = 20
	testBucket  = "archive"
	monthly     = "tweets-2026.06"
	letterMonth = "dead-letters-2026.06"
)

// world is a pipeline that has come to an end, written by plain clients: nothing of it is of the services.
type world struct {
	t      testing.TB
	cfg    AuditConfig
	client *kgo.Client
	admin  *kadm.Client
	index  esapi.Transport
	store  *minio.Client
	truth  []map[string]any
}

// startServers starts servers with nothing in them.
func startServers(t testing.TB) *world {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	brokers, err := kafka.Start(t.Context(), t.TempDir(), quiet)
	must(t, err)
	t.Cleanup(brokers.Close)
	es, err := elasticsearch.Start(t.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: quiet})
	must(t, err)
	t.Cleanup(func() { _ = es.Close() })
	store, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: quiet})
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	access, secret := store.Credentials()

	w := &world{t: t}
	must(t, config.Defaults(&w.cfg))
	w.cfg.Kafka = broker.Config{KafkaBrokers: brokers.Addrs()}
	w.cfg.Elasticsearch.ElasticsearchURL = es.URL()
	w.cfg.S3.S3Endpoint, w.cfg.S3.S3AccessKey, w.cfg.S3.S3SecretKey, w.cfg.S3.S3Bucket = store.URL(), access, config.Secret(secret), testBucket
	w.cfg.Settle, w.cfg.Telemetry.LogLevel = 0, "error"
	w.index, err = elastic.Connect(w.cfg.Elasticsearch)
	must(t, err)
	w.store, err = objectstore.Connect(w.cfg.S3)
	must(t, err)
	must(t, w.store.MakeBucket(t.Context(), testBucket, minio.MakeBucketOptions{}))
	w.client = w.connect()
	w.admin = kadm.NewClient(w.client)
	for _, name := range topicNames {
		configs := map[string]*string{}
		if name == topic.Enriched {
			configs["cleanup.policy"], configs["min.compaction.lag.ms"] = new("compact,delete"), new("86400000")
		}
		_, err := w.admin.CreateTopic(t.Context(), partitions, 1, configs, name)
		must(t, err)
	}
	for _, tpl := range schemas.ComponentTemplates() {
		w.request(esapi.ClusterPutComponentTemplateRequest{Name: tpl.Name, Body: bytes.NewReader(tpl.Body)})
	}
	for _, tpl := range schemas.IndexTemplates() {
		w.request(esapi.IndicesPutIndexTemplateRequest{Name: tpl.Name, Body: bytes.NewReader(tpl.Body)})
	}
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) connect(options ...kgo.Opt) *kgo.Client {
	w.t.Helper()
	client, err := kgo.NewClient(append(broker.Dialing(w.cfg.Kafka), append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)...)
	must(w.t, err)
	w.t.Cleanup(client.Close)
	return client
}

// startWorld starts servers with some posts that have passed everything: post 0 was looked at again, post 1 was deleted,
// and a broken line was refused.
func startWorld(t *testing.T) *world {
	t.Helper()
	w := startServers(t)
	var raw []*kgo.Record
	for i := range posts {
		raw = append(raw, rawPost(i))
		w.hand(raw[i], i, "post")
	}
	broken := &kgo.Record{Topic: topic.Raw, Value: []byte(`{"data":{"id":"1`), Timestamp: noon, Headers: rawHeaders("stream", noon)}
	w.hand(broken, -1, "malformed")
	again := rawPost(0)
	again.Headers = append(rawHeaders("refresh", later), kgo.RecordHeader{Key: "earlier", Value: fmt.Appendf(nil, `{"arrived_at":%[1]q,"observed_at":%[1]q,"observations":1}`, noon.Format(time.RFC3339))})
	gone := &kgo.Record{Topic: topic.Raw, Key: []byte(id(1)), Partition: 1, Value: []byte(`{"delete":true}`), Timestamp: later, Headers: rawHeaders("delete", later)}
	raw = append(raw, broken, again, gone)
	w.produce(w.client, raw...)

	// What was aborted lies in the log, too.
	tx := w.connect(kgo.TransactionalID("test"))
	for _, commit := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		must(t, tx.BeginTransaction())
		var made []*kgo.Record
		for i := range posts {
			made = append(made, madeOf(raw[i], document(i, noon.Add(time.Duration(i)*time.Millisecond))))
		}
		refused := madeOf(broken, broken.Value)
		refused.Topic, refused.Key = topic.DeadLetter, nil
		refused.Headers = slices.Concat(broken.Headers, letterHeaders("enricher", broken))
		made = append(made, refused, madeOf(again, document(0, later)), madeOf(gone, nil))
		w.produce(tx, made...)
		must(t, tx.EndTransaction(t.Context(), commit))
	}
	for i := 2; i < posts; i++ {
		w.put(monthly, id(i), stored(i, noon.Add(time.Duration(i)*time.Millisecond)))
	}
	w.put(monthly, id(0), stored(0, later))
	w.put(monthly, id(1), stub(1, later))
	w.put(letterMonth, fmt.Sprintf("%s-%d-%d", topic.Raw, broken.Partition, broken.Offset), `{"@timestamp":"2026-06-03T12:00:00Z"}`)
	w.archive(4)
	w.commitAll()
	w.writeTruth()
	return w
}

var later = noon.Add(time.Hour)

// id is X's id of a post that was made at noon, each a millisecond after the one before.
func id(i int) string { return fmt.Sprint((noon.UnixMilli()+int64(i)-1288834974657)<<22 | int64(i)) }

func rawPost(i int) *kgo.Record {
	return &kgo.Record{
		Topic: topic.Raw, Key: []byte(id(i)), Partition: int32(i % partitions), Timestamp: noon.Add(time.Duration(i) * time.Millisecond),
		Value: fmt.Appendf(nil, `{"data":{"id":"%s","text":"invented %d"}}`, id(i), i), Headers: rawHeaders("stream", noon.Add(time.Duration(i)*time.Millisecond)),
	}
}

func rawHeaders(kind string, observed time.Time) []kgo.RecordHeader {
	return []kgo.RecordHeader{
		{Key: "source", Value: []byte("simulator")}, {Key: "schema", Value: []byte("x.tweet.v2")},
		{Key: "observed_at", Value: []byte(observed.Format(time.RFC3339Nano))}, {Key: "kind", Value: []byte(kind)},
		{Key: "traceparent", Value: []byte("00-00000000000000000000000000000001-0000000000000001-01")},
	}
}

func madeOf(raw *kgo.Record, value []byte) *kgo.Record {
	return &kgo.Record{Topic: topic.Enriched, Key: raw.Key, Partition: raw.Partition, Value: value, Timestamp: raw.Timestamp, Headers: []kgo.RecordHeader{
		{Key: "observed_at", Value: raw.Headers[2].Value}, {Key: "source", Value: []byte("simulator")},
		{Key: "origin_partition", Value: fmt.Append(nil, raw.Partition)}, {Key: "origin_offset", Value: fmt.Append(nil, raw.Offset)},
	}}
}

func letterHeaders(stage string, of *kgo.Record) []kgo.RecordHeader {
	return []kgo.RecordHeader{
		{Key: "error_stage", Value: []byte(stage)}, {Key: "error_reason", Value: []byte("invalid_json")}, {Key: "error_detail", Value: []byte("invented")},
		{Key: "origin_topic", Value: []byte(of.Topic)}, {Key: "origin_partition", Value: fmt.Append(nil, of.Partition)}, {Key: "origin_offset", Value: fmt.Append(nil, of.Offset)},
	}
}

func document(i int, observed time.Time) []byte {
	created, looks := noon.Add(time.Duration(i)*time.Millisecond).Format(time.RFC3339Nano), 1
	if observed.Equal(later) {
		looks = 2
	}
	return fmt.Appendf(nil, `{"tweet_id":"%s","@timestamp":"%s","created_at":"%s","observed_at":"%s","source":"simulator","kind":"post","text":"invented %d","lang":"und",`+
		`"hashtags":[],"teams":[],"media":[],"categories":[],"matched_rules":[],"metrics":{"retweets":0,"replies":0,"likes":0,"quotes":0},"popularity":0,`+
		`"observations":%d,"revision":0,"pipeline":{"received_at":"%[4]s"}}`, id(i), created, created, observed.Format(time.RFC3339Nano), i, looks)
}

// stored is a document as the index half stores it.
func stored(i int, observed time.Time) string {
	return strings.TrimSuffix(string(document(i, observed)), "}") + `,"indexed_at":"2026-06-03T12:00:01.000Z","index_ms":3}`
}

func stub(i int, deleted time.Time) string {
	return fmt.Sprintf(`{"tweet_id":"%s","deleted_at":"%s","indexed_at":"2026-06-03T13:00:01.000Z"}`, id(i), deleted.Format(time.RFC3339Nano))
}

// produce writes records in their order, so that each knows its offset.
func (w *world) produce(client *kgo.Client, records ...*kgo.Record) {
	w.t.Helper()
	must(w.t, client.ProduceSync(w.t.Context(), records...).FirstErr())
}

func (w *world) hand(r *kgo.Record, i int, kind string) {
	sum := sha256.Sum256(r.Value)
	line := map[string]any{"n": len(w.truth) + 1, "kind": kind, "handed_at": noon, "by": "stream", "connection": "c1", "sha256": hex.EncodeToString(sum[:]), "id": "", "first_id": ""}
	if i >= 0 {
		line["id"], line["first_id"] = id(i), id(i)
	}
	w.truth = append(w.truth, line)
}

func (w *world) writeTruth() {
	w.t.Helper()
	var b bytes.Buffer
	for _, line := range w.truth {
		must(w.t, json.NewEncoder(&b).Encode(line))
	}
	w.cfg.Truth = filepath.Join(w.t.TempDir(), "truth.ndjson")
	must(w.t, os.WriteFile(w.cfg.Truth, b.Bytes(), 0o600))
}

// records are the committed ones of a partition, with markers and what was aborted left out.
func (w *world) records(topicName string, partition int32) (records []*kgo.Record, end int64) {
	w.t.Helper()
	ends, err := w.admin.ListCommittedOffsets(w.t.Context(), topicName)
	must(w.t, err)
	o, _ := ends.Lookup(topicName, partition)
	start, err := w.admin.ListStartOffsets(w.t.Context(), topicName)
	must(w.t, err)
	first, _ := start.Lookup(topicName, partition)
	c, err := openCursor(w.t.Context(), broker.Dialing(w.cfg.Kafka), topicName, partition, first.Offset, o.Offset, kgo.ReadCommitted())
	must(w.t, err)
	defer c.close()
	for {
		r, err := c.next()
		must(w.t, err)
		if r == nil {
			return records, o.Offset
		}
		c.pop()
		records = append(records, r)
	}
}

// archive writes objects of so many records.
func (w *world) archive(perObject int) {
	w.t.Helper()
	for _, topicName := range []string{topic.Raw, topic.Enriched} {
		for partition := range int32(partitions) {
			records, end := w.records(topicName, partition)
			start := int64(0)
			for len(records) > 0 {
				n := min(perObject, len(records))
				last := records[n-1].Offset
				if n == len(records) {
					last = end - 1
				}
				w.object(records[:n], start, last)
				records, start = records[n:], last+1
			}
		}
	}
}

func nameOf(first *kgo.Record) string {
	at := first.Timestamp.UTC()
	return fmt.Sprintf("%s/dt=%s/hour=%s/%s-%d-%020d.ndjson.zst", first.Topic, at.Format("2006-01-02"), at.Format("15"), first.Topic, first.Partition, first.Offset)
}

func (w *world) object(records []*kgo.Record, start, last int64) {
	w.t.Helper()
	var text []string
	for _, r := range records {
		text = append(text, lineOf(r))
	}
	w.putObject(nameOf(records[0]), text, start, last, len(records))
}

func (w *world) putObject(name string, text []string, start, last int64, count int) {
	w.t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(64<<10))
	must(w.t, err)
	defer func() { _ = z.Close() }()
	packed := z.EncodeAll([]byte(strings.Join(text, "")), nil)
	_, err = w.store.PutObject(w.t.Context(), testBucket, name, bytes.NewReader(packed), int64(len(packed)), minio.PutObjectOptions{UserMetadata: map[string]string{
		"start-offset": fmt.Sprint(start), "last-offset": fmt.Sprint(last), "records": fmt.Sprint(count), "suppressed": "0",
	}})
	must(w.t, err)
}

// lineOf is the line of a record as README and ARCHITECTURE describe it.
func lineOf(r *kgo.Record) string {
	line := map[string]any{"topic": r.Topic, "partition": r.Partition, "offset": r.Offset, "timestamp": r.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z"), "key": nil}
	if r.Key != nil {
		line["key"] = string(r.Key)
	}
	headers := []map[string]string{}
	for _, h := range r.Headers {
		headers = append(headers, map[string]string{"key": h.Key, "value": string(h.Value)})
	}
	line["headers"] = headers
	switch {
	case r.Value == nil:
		line["value"] = nil
	case json.Valid(r.Value):
		line["value"] = json.RawMessage(r.Value)
	default:
		line["value_base64"] = r.Value
	}
	text, _ := json.Marshal(line) // strings, numbers and valid JSON
	return string(text) + "\n"
}

func (w *world) commitAll() {
	w.t.Helper()
	for group, topics := range map[string][]string{
		"enricher": {topic.Raw}, "sink-index": {topic.Enriched}, "sink-archive": {topic.Raw, topic.Enriched}, "sink-dead-letters": {topic.DeadLetter},
	} {
		ends, err := w.admin.ListCommittedOffsets(w.t.Context(), topics...)
		must(w.t, err)
		must(w.t, w.admin.CommitAllOffsets(w.t.Context(), group, ends.Offsets()))
	}
}

// rewind takes a group back to an offset of each partition of a topic.
func (w *world) rewind(group, topicName string, to int64) {
	w.t.Helper()
	offsets := kadm.Offsets{topicName: {}}
	for partition := range int32(partitions) {
		offsets[topicName][partition] = kadm.Offset{Topic: topicName, Partition: partition, At: to}
	}
	must(w.t, w.admin.CommitAllOffsets(w.t.Context(), group, offsets))
}

func (w *world) request(r esapi.Request) {
	w.t.Helper()
	_, err := elastic.Do(w.t.Context(), w.index, r, 1<<20)
	must(w.t, err)
}

func (w *world) put(index, docID, source string) {
	w.t.Helper()
	body := fmt.Sprintf("{\"index\":{\"_index\":%q,\"_id\":%q}}\n%s\n", index, docID, source)
	answer, err := elastic.Do(w.t.Context(), w.index, esapi.BulkRequest{Body: strings.NewReader(body), Header: http.Header{"Content-Type": {"application/x-ndjson"}}}, 1<<20)
	if err != nil || bytes.Contains(answer, []byte(`"error"`)) {
		w.t.Fatalf("%s, %v", answer, err)
	}
}

func (w *world) drop(index, docID string) {
	w.t.Helper()
	body := fmt.Sprintf("{\"delete\":{\"_index\":%q,\"_id\":%q}}\n", index, docID)
	_, err := elastic.Do(w.t.Context(), w.index, esapi.BulkRequest{Body: strings.NewReader(body), Header: http.Header{"Content-Type": {"application/x-ndjson"}}}, 1<<20)
	must(w.t, err)
}

// forget makes Kafka forget everything.
func (w *world) forget() {
	w.t.Helper()
	ends, err := w.admin.ListCommittedOffsets(w.t.Context(), topicNames...)
	must(w.t, err)
	_, err = w.admin.DeleteRecords(w.t.Context(), ends.Offsets())
	must(w.t, err)
}

// audit draws an account up.
func (w *world) audit() *account.Account {
	w.t.Helper()
	must(w.t, w.cfg.Validate())
	a, err := newAudit(w.cfg, time.Now())
	must(w.t, err)
	defer a.close()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	drawn, err := a.settled(ctx)
	must(w.t, err)
	return drawn
}

// said is the findings, shortened.
func said(a *account.Account) string {
	var all []string
	for _, f := range a.Findings {
		text := fmt.Sprintf("%s %s/%d %d-%d", f.Kind, f.Topic, f.Partition, f.First, f.Last)
		if f.Partition < 0 {
			text = string(f.Kind)
		}
		if f.Key != "" {
			text += " " + f.Key
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
