package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

// bucket is an archive in an object store that runs in this process.
type bucket struct {
	config objectstore.Config
	client *minio.Client
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	server, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	access, secret := server.Credentials()
	b := &bucket{config: objectstore.Config{S3Endpoint: server.URL(), S3Bucket: "archive", S3Region: "us-east-1", S3AccessKey: access, S3SecretKey: config.Secret(secret)}}
	if b.client, err = objectstore.Connect(b.config); err != nil {
		t.Fatal(err)
	}
	if err := b.client.MakeBucket(t.Context(), "archive", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// put archives records of one partition and hour, those without a value as suppressed.
func (b *bucket) put(t *testing.T, records ...*kgo.Record) {
	t.Helper()
	var packed bytes.Buffer
	w, err := archived.Zstd.NewPacker(&packed)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		line := archived.AppendLine(nil, r)
		if r.Value == nil {
			line = archived.AppendStub(nil, r)
		}
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	o := archived.ObjectOf(records[0], archived.Zstd)
	reach := archived.Range{Start: o.First, Last: records[len(records)-1].Offset, Records: len(records)}
	if _, err := b.client.PutObject(t.Context(), "archive", o.Name(), &packed, int64(packed.Len()), minio.PutObjectOptions{UserMetadata: reach.Metadata()}); err != nil {
		t.Fatal(err)
	}
}

// fill archives what was in tweets.raw in an hour and the next: posts, each looked at several times. It returns by value
// what of it can be replayed.
func (b *bucket) fill(t *testing.T, hour time.Time) (want map[string]*kgo.Record) {
	t.Helper()
	const archivedPosts, archivedLooks = 40, 30
	want = map[string]*kgo.Record{}
	for partition := range int32(partitions) {
		for h := range 2 {
			var records []*kgo.Record
			for look := range archivedLooks {
				for id := int(partition); id < archivedPosts; id += partitions {
					r := &kgo.Record{
						Topic: topic.Raw, Partition: partition, Offset: int64(1000*h + len(records)), Timestamp: hour.Add(time.Duration(h)*time.Hour + time.Duration(look)*time.Second),
						Key: fmt.Append(nil, 1_000_000+id), Value: []byte(made(id, h*archivedLooks+look)),
						Headers: []kgo.RecordHeader{{Key: "source", Value: []byte("x")}, {Key: "observed_at", Value: []byte("not any more")}, {Key: "of a later day", Value: []byte{0xff}}},
					}
					if look == 7 {
						r.Value = nil
					} else {
						want[string(r.Value)] = r
					}
					records = append(records, r)
				}
			}
			b.put(t, records...)
		}
	}
	gap := &kgo.Record{Topic: topic.Raw, Offset: 5000, Timestamp: hour.Add(90 * time.Minute), Value: []byte("no post, and no key"), Headers: []kgo.RecordHeader{{Key: "kind", Value: []byte("gap")}}}
	want[string(gap.Value)] = gap
	b.put(t, gap)
	b.put(t, &kgo.Record{Topic: topic.Enriched, Offset: 1, Timestamp: hour, Value: []byte("{}")})
	return want
}

func replayConfig(kafka broker.Config, b *bucket, from, to time.Time) (Config, *syncBuffer) {
	log := &syncBuffer{}
	cfg := Config{
		Kafka: kafka, Telemetry: telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(log, nil))), TelemetryAddr: "127.0.0.1:9090"},
		Contest: shippedContest, Source: sourceArchive, StallTimeout: minStall, BufferBytes: minBufferBytes,
		Archive: ArchiveConfig{ReplayFrom: from.Format(time.RFC3339), S3: b.config},
	}
	if !to.IsZero() {
		cfg.Archive.ReplayTo = to.Format(time.RFC3339)
	}
	return cfg, log
}

var weekAgo = time.Now().UTC().Add(-8 * 24 * time.Hour).Truncate(time.Hour)

// sameRecords checks that every record of the archive is in the topic once, byte for byte, with where it stood as one more
// header, and nothing else.
func sameRecords(t *testing.T, want map[string]*kgo.Record, records []*kgo.Record) {
	t.Helper()
	if len(records) != len(want) {
		t.Errorf("%d records, want %d", len(records), len(want))
	}
	for _, r := range records {
		w := want[string(r.Value)]
		if w == nil {
			t.Fatalf("nobody archived %s", r.Value)
		}
		headers := append(slices.Clone(w.Headers), kgo.RecordHeader{Key: topic.HeaderReplayed, Value: fmt.Appendf(nil, "%s/%d/%d", topic.Raw, w.Partition, w.Offset)})
		if !bytes.Equal(r.Key, w.Key) || (r.Key == nil) != (w.Key == nil) || !r.Timestamp.Equal(w.Timestamp) || cmp.Diff(headers, r.Headers) != "" {
			t.Errorf("got  %+v\nwant %+v", r, w)
		}
	}
}

func TestTheArchiveComesBackAsItWas(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	b := newBucket(t)
	want := b.fill(t, weekAgo)
	var attempts atomic.Int32
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("cut"), attempts.Add(1) <= 5
	})
	cfg, log := replayConfig(kafka, b, weekAgo, time.Time{})
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	records := kafkatest.ReadAll(t, kafka, topic.Raw)
	sameRecords(t, want, records)
	last := map[string]time.Time{}
	for _, r := range records {
		if !r.Timestamp.After(last[string(r.Key)]) {
			t.Fatalf("post %s: after the look of %s comes that of %s", r.Key, last[string(r.Key)], r.Timestamp)
		}
		last[string(r.Key)] = r.Timestamp
	}
	for _, told := range []string{"replayed to the end", "suppressed=80", "older than the topic's retention", fmt.Sprintf("records=%d", len(want))} {
		if !strings.Contains(log.String(), told) {
			t.Errorf("the log does not say %q:\n%s", told, log)
		}
	}
}

func TestASecondReplayReadsTheOriginalsOnce(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	b := newBucket(t)
	want := b.fill(t, weekAgo)
	cfg, _ := replayConfig(kafka, b, weekAgo, time.Time{})
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	byPlace := map[string][]*kgo.Record{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		r.Offset += 1_000_000 // behind what was archived before
		place := fmt.Sprint(r.Partition, r.Timestamp.Truncate(time.Hour))
		byPlace[place] = append(byPlace[place], r)
	}
	for _, records := range byPlace {
		b.put(t, records...)
	}
	var out bytes.Buffer
	cfg, _ = replayConfig(kafka, b, weekAgo, time.Time{})
	cfg.DryRun, cfg.Out = true, &out
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if total := strings.Fields(lines[len(lines)-1]); len(total) != 7 || total[2] != fmt.Sprint(len(want)) || total[6] != fmt.Sprint(len(want)) {
		t.Errorf("want %d records and as many copies:\n%s", len(want), &out)
	}
	_, fresh := kafkatest.Start(t, partitions)
	cfg, log := replayConfig(fresh, b, weekAgo, time.Time{})
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	sameRecords(t, want, kafkatest.ReadAll(t, fresh, topic.Raw))
	if !strings.Contains(log.String(), fmt.Sprintf("copies=%d", len(want))) {
		t.Errorf("the log does not tell of copies:\n%s", log)
	}
}

func TestOfTheArchiveOnlyTheAskedTimeComesBack(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	b := newBucket(t)
	want := b.fill(t, weekAgo)
	from, to := weekAgo.Add(20*time.Second), weekAgo.Add(time.Hour+10*time.Second)
	for value, r := range want {
		if r.Timestamp.Before(from) || !r.Timestamp.Before(to) {
			delete(want, value)
		}
	}
	cfg, _ := replayConfig(kafka, b, from, to)
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	sameRecords(t, want, kafkatest.ReadAll(t, kafka, topic.Raw))
}

func TestADryRunOfAReplayCountsAndNeedsNoBroker(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	want := b.fill(t, weekAgo)
	cfg, _ := replayConfig(broker.Config{KafkaBrokers: []string{"127.0.0.1:1"}}, b, weekAgo, time.Time{})
	var out bytes.Buffer
	cfg.DryRun, cfg.Out = true, &out
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	total := strings.Fields(lines[len(lines)-1])
	if len(total) != 7 || total[1] != "9" || total[2] != fmt.Sprint(len(want)) || total[5] != "80" || total[6] != "0" || !strings.Contains(out.String(), weekAgo.Format(time.DateOnly)) {
		t.Errorf("want %d records:\n%s", len(want), &out)
	}
}

func TestAReplayThatIsStoppedWritesWhatItHasReadAndSaysWhereToGoOn(t *testing.T) {
	t.Parallel()
	c, kafka := kafkatest.Start(t, partitions)
	b := newBucket(t)
	want := b.fill(t, weekAgo)
	ctx, stop := context.WithCancel(t.Context())
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		stop() // at the first write, when the second batch is ready and the third is being read
		return nil, nil, false
	})
	cfg, log := replayConfig(kafka, b, weekAgo, time.Time{})
	if err := Run(ctx, cfg); err != nil {
		t.Errorf("stopped with %v", err)
	}
	got := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		got[string(r.Value)] = true
	}
	advice := regexp.MustCompile(`go_on_with="--replay-from=([^"]+)"`).FindStringSubmatch(log.String())
	if len(got) < maxWriteRecords || len(advice) != 2 {
		t.Fatalf("%d of %d records, and the log says:\n%s", len(got), len(want), log)
	}
	on, err := time.Parse(time.RFC3339, advice[1])
	if err != nil {
		t.Fatal(err)
	}
	for value, r := range want {
		if r.Timestamp.Before(on) && !got[value] {
			t.Fatalf("it is to go on from %s, and the record of %s is missing", on, r.Timestamp)
		}
	}
}

func TestAReplayIsRefusedWhereTheTopicWouldNotKeepItsTime(t *testing.T) {
	t.Parallel()
	for setting, value := range map[string]string{"message.timestamp.type": "LogAppendTime", "message.timestamp.before.max.ms": "3600000"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			_, kafka := kafkatest.Start(t, partitions)
			if _, err := kadm.NewClient(kafkatest.Client(t, kafka)).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: setting, Value: &value}}, topic.Raw); err != nil {
				t.Fatal(err)
			}
			b := newBucket(t)
			b.fill(t, weekAgo)
			cfg, _ := replayConfig(kafka, b, weekAgo, time.Time{})
			if err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), setting) {
				t.Errorf("ended with %v", err)
			}
			if got := kafkatest.ReadAll(t, kafka, topic.Raw); len(got) > 0 {
				t.Errorf("%d records were written", len(got))
			}
		})
	}
}

func TestAStoreThatRefusesEndsAReplay(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	b := newBucket(t)
	cfg, _ := replayConfig(kafka, b, weekAgo, time.Time{})
	cfg.Archive.S3.S3Bucket = "another"
	if err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "bucket") {
		t.Errorf("ended with %v", err)
	}
	cfg, log := replayConfig(kafka, b, weekAgo, time.Time{})
	if err := Run(t.Context(), cfg); err != nil || !strings.Contains(log.String(), "nothing of that time") {
		t.Errorf("an empty archive ends with %v:\n%s", err, log)
	}
}
