package sink

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/archive/bucket"
	"catsvdogs/services/sink/archive/suppression"
)

// connected is a configuration for Kafka, one partition a topic, and a store with an empty bucket.
func connected(t *testing.T) (Config, *minio.Client) {
	t.Helper()
	_, kafka := kafkatest.Start(t, 1)
	server, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	access, secret := server.Credentials()
	cfg := defaults(t)
	cfg.Kafka, cfg.Telemetry.LogLevel = kafka, "error"
	cfg.S3.S3Endpoint, cfg.S3.S3AccessKey, cfg.S3.S3SecretKey = server.URL(), access, config.Secret(secret)
	store, err := objectstore.Connect(cfg.S3)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.MakeBucket(t.Context(), cfg.S3.S3Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return cfg, store
}

// archiveOfThree is a configuration for Kafka with three raw records and a store with a bucket, in which the first two
// are archived and the group says that all are.
func archiveOfThree(t *testing.T) Config {
	t.Helper()
	cfg, store := connected(t)
	kafka := cfg.Kafka
	var log []*kgo.Record
	for _, key := range []string{"a", "b", "c"} {
		log = append(log, &kgo.Record{
			Topic: topic.Raw, Key: []byte(key), Value: []byte(`{"text":"` + key + ` said it"}`), Timestamp: time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC),
			Headers: []kgo.RecordHeader{{Key: topic.HeaderObservedAt, Value: []byte("2026-06-03T12:00:00Z")}},
		})
	}
	cl := kafkatest.Client(t, kafka)
	if err := cl.ProduceSync(t.Context(), log...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	packer, err := archived.Zstd.NewPacker(&body)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range log[:2] {
		if _, err := packer.Write(archived.AppendLine(nil, r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	reach := archived.Range{Start: 0, Last: 1, Records: 2}
	b := bucket.New(store, cfg.S3.S3Bucket, cfg.ArchivePartBytes)
	err = b.Put(t.Context(), archived.ObjectOf(log[0], archived.Zstd).Name(), bytes.NewReader(body.Bytes()), int64(body.Len()), bucket.Options{Metadata: reach.Metadata()})
	if err != nil {
		t.Fatal(err)
	}
	member := kafkatest.Client(t, kafka, kgo.ConsumerGroup(cfg.ArchiveGroup), kgo.ConsumeTopics(topic.Raw), kgo.DisableAutoCommit())
	member.PollFetches(t.Context())
	if err := member.CommitRecords(t.Context(), log[2]); err != nil {
		t.Fatal(err)
	}
	member.Close()

	e := suppression.Entry{Key: []byte("b"), ObservedAt: time.Date(2026, 6, 3, 13, 0, 0, 0, time.UTC)}
	list, err := e.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	name := archived.Object{Topic: topic.Enriched, First: 7, Hour: time.Unix(0, 0).UTC()}.SuppressedName()
	if err := b.Put(t.Context(), name, bytes.NewReader(list), int64(len(list)), bucket.Options{}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestCompactTakesWhatWasDeletedAndReports(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cfg := CompactConfig{Config: archiveOfThree(t), Out: &out}
	if err := Compact(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"records_suppressed":1`) {
		t.Errorf("it prints %s", out.String())
	}
	out.Reset()
	cfg.All = true
	if err := Compact(t.Context(), cfg); err != nil || !strings.Contains(out.String(), `"records_suppressed":0`) {
		t.Errorf("a second pass has something to do: %v, %s", err, out.String())
	}
}

func TestCommandsTakeTheSinksFlagsAndListEveryMistake(t *testing.T) {
	t.Parallel()
	var wrong CompactConfig
	args := []string{"--archive-part-bytes", "1", "--compact-every", "1ms"}
	err := config.Load(config.Program{Name: "sink compact"}, &wrong, args, io.Discard, func(int) {})
	for _, want := range []string{"--archive-part-bytes", "--compact-every"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in %v", want, err)
		}
	}
	var c CompactConfig
	if err := config.Load(config.Program{Name: "sink compact"}, &c, []string{"--dry-run"}, io.Discard, func(int) {}); err != nil || !c.DryRun {
		t.Errorf("%+v, %v", c, err)
	}
	if c.ArchiveFormat != archived.Zstd || c.CompactEvery != 12*time.Hour {
		t.Errorf("the defaults are %s, %s", c.ArchiveFormat, c.CompactEvery)
	}
}
