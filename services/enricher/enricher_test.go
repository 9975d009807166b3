package enricher

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryRawRecordLeavesOnceAsADocumentOrADeadLetter(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 4)
	produced := produceRaw(t, cfg, 0, 600)
	stop := start(t, cfg, "one")
	awaitGroup(t, cfg, 600)
	stop()
	checkOutput(t, cfg, produced)
}

func TestReplicasThatComeAndGoNeitherLoseNorDouble(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 6)
	produced := produceRaw(t, cfg, 0, 400)
	stopFirst := start(t, cfg, "first")
	awaitGroup(t, cfg, 1)
	stopSecond := start(t, cfg, "second")
	produced = append(produced, produceRaw(t, cfg, 400, 400)...)
	awaitGroup(t, cfg, 400)
	stopFirst()
	produced = append(produced, produceRaw(t, cfg, 800, 400)...)
	awaitGroup(t, cfg, 1200)
	stopSecond()
	checkOutput(t, cfg, produced)
}

func TestATransactionThatFailsIsDoneAgainAndShowsNothing(t *testing.T) {
	t.Parallel()
	cluster, cfg := kafkatest.Start(t, 2)
	// Kafka answers with either code to a transaction that has been timed out.
	failures := []int16{kerr.InvalidProducerEpoch.Code, kerr.ProducerFenced.Code}
	cluster.ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		r := req.(*kmsg.EndTxnRequest)
		if !r.Commit || len(failures) == 0 {
			return nil, nil, false
		}
		resp := r.ResponseKind().(*kmsg.EndTxnResponse)
		resp.ErrorCode, failures = failures[0], failures[1:]
		return resp, nil, true
	})
	produced := produceRaw(t, cfg, 0, 100)
	stop := start(t, cfg, "one")
	awaitGroup(t, cfg, 100)
	stop()
	if len(failures) != 0 {
		t.Fatalf("faults %v did not happen", failures)
	}
	checkOutput(t, cfg, produced)
}

func TestADeletionLeavesAsARecordWithoutAValue(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 2)
	const uri = "at://did:plc:madeup/app.bsky.feed.post/3mneuukc6v22b"
	at := time.Date(2026, 6, 3, 10, 15, 30, 5, time.UTC)
	cl := kafkatest.Client(t, cfg, kgo.DefaultProduceTopic(topic.Raw))
	for _, key := range []string{uri, "2060000000000000001", "at://did:plc:madeup/app.bsky.feed.post/self"} {
		raw := tweet.Raw{
			Key: []byte(key), Value: []byte("whatever the source said"), Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, Kind: tweet.KindDelete,
			ObservedAt: at, Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		}
		r := &kgo.Record{Key: raw.Key, Value: raw.Value}
		for _, h := range raw.Headers() {
			r.Headers = append(r.Headers, kgo.RecordHeader(h))
		}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	stop := start(t, cfg, "one")
	awaitGroup(t, cfg, 3)
	stop()
	got := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, cfg, topic.Enriched) {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		if r.Value != nil || headers["schema"] != tweet.SchemaEnriched || headers["source"] != tweet.SourceBluesky || headers["traceparent"] == "" || !broker.ObservedAt(r).Equal(at) {
			t.Errorf("%s: %q, %v", r.Key, r.Value, headers)
		}
		got[string(r.Key)] = true
	}
	dead := kafkatest.ReadAll(t, cfg, topic.DeadLetter)
	if len(got) != 2 || !got[uri] || len(dead) != 1 || string(dead[0].Key) != "at://did:plc:madeup/app.bsky.feed.post/self" {
		t.Errorf("%v came out, and %d dead letters", got, len(dead))
	}
}

func TestTheConfigurationNamesAllItsMistakes(t *testing.T) {
	t.Parallel()
	var cfg Config
	err := config.Load(config.Program{Name: "enricher"}, &cfg,
		[]string{"--kafka-brokers=nowhere", "--batch-records=0", "--group=", "--contest=none.yaml", "--telemetry-addr=9"}, io.Discard, func(int) {})
	if err == nil {
		t.Fatal("it is taken")
	}
	for _, want := range []string{"--kafka-brokers", "--batch-records", "--group", "none.yaml", "--telemetry-addr"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the message lacks %s:\n%v", want, err)
		}
	}
}

// start runs an enricher; the result stops it and waits for its end.
func start(t *testing.T, kafka broker.Config, name string) (stop func()) {
	t.Helper()
	return startLogging(t, kafka, name, t.Output())
}

// produceRaw writes n lines, every tenth of them broken, and returns their keys.
func produceRaw(t *testing.T, cfg broker.Config, from, n int) []string {
	t.Helper()
	cl := kafkatest.Client(t, cfg, kgo.DefaultProduceTopic(topic.Raw))
	var keys []string
	var records []*kgo.Record
	for i := from; i < from+n; i++ {
		id := fmt.Sprint(2060000000000000000 + i)
		raw := tweet.Raw{
			Key: []byte(id), Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindStream,
			ObservedAt: time.Date(2026, 6, 3, 0, 0, 0, i, time.UTC), Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			Value: fmt.Appendf(nil, `{"data":{"id":"%s","text":"#cat %d","lang":"en"},"matching_rules":[{"id":"1","tag":"cats with images"}]}`, id, i),
		}
		if broken(i) {
			raw.Value = raw.Value[:len(raw.Value)/2]
		}
		r := &kgo.Record{Key: raw.Key, Value: raw.Value}
		for _, h := range raw.Headers() {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		records, keys = append(records, r), append(keys, id)
	}
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return keys
}

func broken(i int) bool { return i%10 == 3 }

// awaitGroup waits until the group has committed at least n records of tweets.raw.
func awaitGroup(t *testing.T, cfg broker.Config, n int64) {
	t.Helper()
	admin := kadm.NewClient(kafkatest.Client(t, cfg))
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for {
		var committed int64
		offsets, err := admin.FetchOffsets(ctx, "enricher")
		if err == nil {
			offsets.Each(func(o kadm.OffsetResponse) { committed += o.At })
			if committed >= n {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the group has done %d of %d records: %v", committed, n, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// checkOutput wants each key once: in tweets.enriched, or in tweets.dlq when its line was broken.
func checkOutput(t *testing.T, cfg broker.Config, produced []string) {
	t.Helper()
	want := map[string]string{}
	for i, key := range produced {
		want[key] = topic.Enriched
		if broken(i) {
			want[key] = topic.DeadLetter
		}
	}
	seen := map[string]int{}
	for _, name := range []string{topic.Enriched, topic.DeadLetter} {
		for _, r := range kafkatest.ReadAll(t, cfg, name) {
			key := string(r.Key)
			seen[key]++
			if want[key] != name {
				t.Errorf("%s is in %s", key, name)
			}
			if name == topic.DeadLetter && !strings.HasPrefix(string(r.Value), `{"data":{"id":"`+key) {
				t.Errorf("dead letter %s is not its line: %s", key, r.Value)
			}
		}
	}
	if len(seen) != len(produced) {
		t.Errorf("%d of %d records came out", len(seen), len(produced))
	}
	for key, n := range seen {
		if n != 1 {
			t.Errorf("%s came out %d times", key, n)
		}
	}
}

// A broker counts compressed bytes, so somebody else may have written such records.
func TestHugeAndManyHeadersDoNotStopAPartition(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 1)
	cl := kafkatest.Client(t, cfg, kgo.DefaultProduceTopic(topic.Raw), kgo.ProducerBatchMaxBytes(64<<20), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	huge := strings.Repeat("0", 5_000_000)
	for _, headers := range [][]kgo.RecordHeader{
		{{Key: "traceparent", Value: []byte(huge)}},
		{{Key: "traceparent", Value: []byte(huge)}, {Key: "kind", Value: []byte("delete")}},
		{{Key: "source", Value: []byte(huge[:2_500_000])}},
		make([]kgo.RecordHeader, 2_500_000), // of nothing, which takes two bytes each
		{{Key: "schema", Value: []byte(huge)}},
	} {
		r := &kgo.Record{Key: []byte("2060000000000000001"), Value: []byte(`{"data":{"id":"2060000000000000001","text":"#cat"}}`)}
		raw := tweet.Raw{Key: r.Key, Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: time.Now()}
		for _, h := range raw.Headers() {
			r.Headers = append(r.Headers, kgo.RecordHeader(h))
		}
		r.Headers = append(r.Headers, headers...)
		if len(headers) > 1000 {
			r.Value = []byte("{") // it becomes a dead letter
		}
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	produceRaw(t, cfg, 0, 1)
	stop := start(t, cfg, "one")
	awaitGroup(t, cfg, 6)
	stop()
	if dead, good := len(kafkatest.ReadAll(t, cfg, topic.DeadLetter)), len(kafkatest.ReadAll(t, cfg, topic.Enriched)); dead != 5 || good != 1 {
		t.Errorf("%d dead letters and %d documents of 5 hostile records and a good one", dead, good)
	}
}
