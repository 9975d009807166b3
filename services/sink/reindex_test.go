package sink

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

// indexed is Kafka with ten records in each topic, one a minute from noon on, of which eight are indexed and archived.
func indexed(t *testing.T) (ReindexConfig, *kadm.Client) {
	t.Helper()
	_, kafka := kafkatest.Start(t, 1)
	cfg := ReindexConfig{Config: defaults(t), Out: io.Discard}
	cfg.Kafka = kafka
	cl := kafkatest.Client(t, kafka)
	admin := kadm.NewClient(cl)
	for name, group := range map[string]string{topic.Enriched: cfg.IndexGroup, topic.DeadLetter: cfg.DeadLettersGroup, topic.Raw: cfg.ArchiveGroup} {
		for i := range 10 {
			r := &kgo.Record{Topic: name, Value: []byte("{}"), Timestamp: time.Date(2026, 6, 3, 12, i, 0, 0, time.UTC)}
			if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		done := kadm.Offsets{}
		done.AddOffset(name, 0, 8, -1)
		if _, err := admin.CommitOffsets(t.Context(), group, done); err != nil {
			t.Fatal(err)
		}
	}
	return cfg, admin
}

// committed are the offsets of the index, the dead letters and the archive.
func committed(t *testing.T, cfg ReindexConfig, admin *kadm.Client) []int64 {
	t.Helper()
	var at []int64
	for _, of := range [][2]string{{cfg.IndexGroup, topic.Enriched}, {cfg.DeadLettersGroup, topic.DeadLetter}, {cfg.ArchiveGroup, topic.Raw}} {
		offsets, err := admin.FetchOffsets(t.Context(), of[0])
		o, ok := offsets.Lookup(of[1], 0)
		if err != nil || !ok {
			t.Fatalf("%v: %v", of, err)
		}
		at = append(at, o.At)
	}
	return at
}

func TestReindexTakesWhatIsIndexedBackAndNeverForward(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from   string
		dryRun bool
		want   []int64
	}{
		"all that Kafka has":         {"", false, []int64{2, 0, 8}},
		"from a time on":             {"2026-06-03T12:05:00Z", false, []int64{5, 5, 8}},
		"a time that is not done":    {"2026-06-03T12:09:00Z", false, []int64{8, 8, 8}},
		"a time after every record":  {"2026-06-03T13:00:00Z", false, []int64{8, 8, 8}},
		"a time before every record": {"2026-06-03T00:00:00+02:00", false, []int64{2, 0, 8}},
		"nothing but a look":         {"", true, []int64{8, 8, 8}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, admin := indexed(t)
			dropped := kadm.Offsets{} // two enriched records have left Kafka
			dropped.AddOffset(topic.Enriched, 0, 2, -1)
			if _, err := admin.DeleteRecords(t.Context(), dropped); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			cfg.From, cfg.DryRun, cfg.Out = c.from, c.dryRun, &out
			if err := Reindex(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, committed(t, cfg, admin)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if c.from == "" && !strings.Contains(strings.Join(strings.Fields(out.String()), " "), "sink-index tweets.enriched 6 2 sink-dead-letters tweets.dlq 8 0") {
				t.Errorf("it prints\n%s", &out)
			}
		})
	}
}

func TestReindexMovesNothingWhileASinkRuns(t *testing.T) {
	t.Parallel()
	cfg, admin := indexed(t)
	// Of two groups the second has a member.
	member := kafkatest.Client(t, cfg.Kafka, kgo.ConsumerGroup(cfg.DeadLettersGroup), kgo.ConsumeTopics(topic.DeadLetter), kgo.DisableAutoCommit())
	member.PollFetches(t.Context())
	if err := Reindex(t.Context(), cfg); !errors.Is(err, ErrRunning) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff([]int64{8, 8, 8}, committed(t, cfg, admin)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestReindexOfAPipelineThatHasIndexedNothingChangesNothing(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	cfg := ReindexConfig{Config: defaults(t), Out: io.Discard}
	cfg.Kafka = kafka
	if err := Reindex(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	cfg.From = "yesterday"
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("got %v", err)
	}
}
