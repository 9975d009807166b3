package sink

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/sink/elastictest"
)

// An index that lets nobody in, and one whose template is missing, stop the half that needs it and nothing else.
func TestTheArchiveGoesOnWhileTheIndexHalfStandsStill(t *testing.T) {
	for reason, faults := range map[string]elastictest.Faults{
		"does not let this sink in":            {Locked: 401},
		"the index template tweets is missing": {TemplateMissing: 1 << 30},
	} {
		t.Run(reason, func(t *testing.T) {
			cfg, _ := connected(t)
			cfg.Elasticsearch.ElasticsearchURL = elastictest.Start(t, faults).URL()
			cfg.ArchiveAge, cfg.ArchiveIdle, cfg.CompactEvery = 100*time.Millisecond, 100*time.Millisecond, 0
			process := telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))
			cfg.Telemetry.Process = process
			cl := kafkatest.Client(t, cfg.Kafka, kgo.DefaultProduceTopic(topic.Enriched))
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Key: []byte("1"), Value: []byte(`{"tweet_id":"1"}`)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- Run(ctx, cfg) }()
			defer func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			}()
			archived := func() bool {
				offsets, err := kadm.NewClient(cl).FetchOffsets(t.Context(), cfg.ArchiveGroup)
				if err != nil {
					return false
				}
				o, _ := offsets.Lookup(topic.Enriched, 0)
				return o.At == 1
			}
			deadline := time.After(30 * time.Second)
			for !archived() || !strings.Contains(process.Unready()["sink-index"], reason) {
				select {
				case <-deadline:
					t.Fatalf("the archive or the reason is missing: %v, %v", archived(), process.Unready())
				case <-time.After(20 * time.Millisecond):
				}
			}
			if why := process.Unready()["sink-archive"]; why != "" {
				t.Errorf("the archive is not ready: %s", why)
			}
		})
	}
}
