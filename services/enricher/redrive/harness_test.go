package redrive

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)

// redrive runs with the flags' defaults and changes, and returns the printed table.
func redrive(ctx context.Context, t *testing.T, kafka broker.Config, change func(*Config)) (printed, error) {
	t.Helper()
	cfg := Config{All: true}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Enricher.Kafka = kafka
	cfg.Enricher.Telemetry = telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))}
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cfg.Out = &out
	err := Run(ctx, cfg)
	t.Log("\n" + out.String())
	return readTable(t, out.String()), err
}

// mustRedrive is redrive without an error.
func mustRedrive(t *testing.T, kafka broker.Config, change func(*Config)) printed {
	t.Helper()
	p, err := redrive(t.Context(), t, kafka, change)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// row is a line of the table, in its order.
type row struct{ letters, selected, back, already, quarantined, unusable int }

type printed struct {
	rows map[string]row
	text string
}

func (p printed) total() row { return p.rows["total"] }

func (p printed) says(t *testing.T, what string) {
	t.Helper()
	if !strings.Contains(p.text, what) {
		t.Errorf("the table does not say %q", what)
	}
}

func readTable(t *testing.T, text string) printed {
	t.Helper()
	p := printed{map[string]row{}, text}
	var sum row
	for _, line := range strings.Split(text, "\n")[1:] {
		f := strings.Fields(line)
		if len(f) != 7 {
			break
		}
		var n [6]int
		for i := range n {
			var err error
			if n[i], err = strconv.Atoi(f[i+1]); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		r := row{n[0], n[1], n[2], n[3], n[4], n[5]}
		p.rows[f[0]] = r
		if f[0] != "total" {
			sum = row{sum.letters + r.letters, sum.selected + r.selected, sum.back + r.back, sum.already + r.already, sum.quarantined + r.quarantined, sum.unusable + r.unusable}
		}
	}
	if sum != p.total() {
		t.Errorf("the lines sum up to %+v, not %+v", sum, p.total())
	}
	return p
}

// buried is a refused record: what it was, and why and when it was refused.
type buried struct {
	origin        *kgo.Record
	stage, reason string
	at            time.Time
}

// bury writes dead letters into the partition of their origin.
func bury(t *testing.T, kafka broker.Config, all ...buried) {
	t.Helper()
	var records []*kgo.Record
	for _, b := range all {
		r := delivery.DeadLetter(b.origin, b.stage, &delivery.Refusal{Reason: b.reason, Detail: "as a test has it"})
		r.Timestamp, r.Partition = b.at, b.origin.Partition
		records = append(records, r)
	}
	write(t, kafka, records...)
}

// write writes records into the partitions that they name.
func write(t *testing.T, kafka broker.Config, records ...*kgo.Record) {
	t.Helper()
	cl := kafkatest.Client(t, kafka, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic(topic.DeadLetter), kgo.ProducerBatchMaxBytes(topic.MaxRecordBytes))
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// letters makes n records of tweets.raw that an enricher with a defect has refused.
func letters(n int, partitions int32) []buried {
	var all []buried
	for i := range n {
		all = append(all, buried{rawPost(i, int32(i)%partitions), delivery.StageEnricher, "internal", noon})
	}
	return all
}

// rawPost is a post that an enricher makes a document of.
func rawPost(i int, partition int32) *kgo.Record {
	id := fmt.Sprint(2060000000000000000 + i)
	raw := tweet.Raw{
		Key: []byte(id), Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindStream,
		ObservedAt: noon.Add(time.Duration(i)), Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Value: fmt.Appendf(nil, `{"data":{"id":"%s","text":"#cat %d","lang":"en"},"matching_rules":[{"id":"1","tag":"cats with images"}]}`, id, i),
	}
	r := &kgo.Record{Topic: topic.Raw, Partition: partition, Offset: int64(i), Key: raw.Key, Value: raw.Value}
	for _, h := range raw.Headers() {
		r.Headers = append(r.Headers, kgo.RecordHeader(h))
	}
	return r
}

// checkBack wants exactly these records in a topic, each as it was, in the order that each partition had.
func checkBack(t *testing.T, kafka broker.Config, topicName string, want ...*kgo.Record) {
	t.Helper()
	type plain struct {
		Partition  int32
		Key, Value string
		Headers    []string
	}
	plainOf := func(r *kgo.Record, headers []kgo.RecordHeader) plain {
		p := plain{r.Partition, string(r.Key), string(r.Value), nil}
		for _, h := range headers {
			p.Headers = append(p.Headers, h.Key+"="+string(h.Value))
		}
		return p
	}
	var got, wanted []plain
	for _, r := range kafkatest.ReadAll(t, kafka, topicName) {
		n := len(r.Headers) - 2
		if n < 0 || r.Headers[n].Key != "redrive_attempt" || r.Headers[n+1].Key != "redrive_of" {
			t.Errorf("%s-%d@%d does not say that it was put back: %v", r.Topic, r.Partition, r.Offset, r.Headers)
			continue
		}
		got = append(got, plainOf(r, r.Headers[:n]))
	}
	for _, r := range want {
		wanted = append(wanted, plainOf(r, r.Headers))
	}
	byPartition := func(a, b plain) int { return int(a.Partition - b.Partition) }
	slices.SortStableFunc(got, byPartition)
	slices.SortStableFunc(wanted, byPartition)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s: %s", topicName, diff)
	}
}

func origins(all []buried) []*kgo.Record {
	var records []*kgo.Record
	for _, b := range all {
		records = append(records, b.origin)
	}
	return records
}

// ends is how many offsets each topic has, aborted ones and markers included.
func ends(t *testing.T, kafka broker.Config) map[string]int64 {
	t.Helper()
	listed, err := kadm.NewClient(kafkatest.Client(t, kafka)).ListEndOffsets(t.Context(), topic.Raw, topic.Enriched, topic.DeadLetter)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]int64{}
	listed.Each(func(o kadm.ListedOffset) { sums[o.Topic] += o.Offset })
	return sums
}
