package redrive

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/enricher"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

func TestWhatHealsBecomesADocumentAndWhatStaysBrokenEndsInQuarantine(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 2)
	const healing, staying = 30, 5
	bury(t, kafka, letters(healing, 2)...) // as an enricher with a defect left them
	var broken []*kgo.Record
	for i := range staying {
		r := rawPost(100+i, int32(i)%2)
		r.Value = r.Value[:len(r.Value)/2]
		if i == 0 {
			r.Key = nil
		}
		broken = append(broken, r)
	}
	write(t, kafka, broken...)
	stop := startEnricher(t, kafka)
	defer stop()
	awaitDone(t, kafka, staying)

	onlyTwice := func(c *Config) { c.MaxAttempts = 2 }
	inRaw := int64(staying)
	for attempt, want := range []row{
		{letters: healing + staying, selected: healing + staying, back: healing + staying},
		{letters: healing + 2*staying, selected: healing + 2*staying, back: staying, already: healing + staying},
		{letters: healing + 3*staying, selected: healing + 3*staying, already: healing + 2*staying, quarantined: staying},
	} {
		p := mustRedrive(t, kafka, onlyTwice)
		if p.total() != want {
			t.Fatalf("run %d counts %+v, want %+v", attempt, p.total(), want)
		}
		inRaw += int64(want.back)
		awaitDone(t, kafka, inRaw)
		if want.quarantined > 0 {
			p.says(t, "--max-attempts=3 or more lets them go again")
		}
	}
	if p := mustRedrive(t, kafka, func(c *Config) { c.MaxAttempts = 3 }); p.total().back != staying || p.total().quarantined != 0 {
		t.Errorf("with one more attempt it counts %+v", p.total())
	}
	inRaw += staying
	awaitDone(t, kafka, inRaw)
	stop()

	documents := map[string]int{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Enriched) {
		documents[string(r.Key)]++
	}
	for i := range healing {
		if key := string(rawPost(i, 0).Key); documents[key] != 1 {
			t.Errorf("%s has %d documents", key, documents[key])
		}
	}
	if len(documents) != healing {
		t.Errorf("%d posts have documents, want %d", len(documents), healing)
	}
	attempts := map[string]int{} // by what is broken, the dead letters of each attempt
	for _, r := range kafkatest.ReadAll(t, kafka, topic.DeadLetter) {
		if _, resolution := delivery.Resolved(r); resolution {
			continue
		}
		if _, reason, err := delivery.Why(r); err != nil || reason == "internal" {
			continue
		}
		attempts[fmt.Sprintf("%s %d", r.Key, delivery.Attempt(r))]++
	}
	for _, r := range broken {
		for n := range 4 {
			if name := fmt.Sprintf("%s %d", r.Key, n); attempts[name] != 1 {
				t.Errorf("there are %d dead letters of %q, want one", attempts[name], name)
			}
		}
	}
	if len(attempts) != 4*staying {
		t.Errorf("dead letters by record and attempt: %v", attempts)
	}
}

// startEnricher runs the real one; the result stops it, also when called twice.
func startEnricher(t *testing.T, kafka broker.Config) (stop func()) {
	t.Helper()
	cfg := enricher.Config{Contest: "../../../contest.yaml", TransactionalID: "one"}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Kafka = kafka
	cfg.Telemetry = telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), nil)))}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := enricher.Run(ctx, cfg); err != nil {
			t.Error(err)
		}
	}()
	return func() { cancel(); <-done }
}

// awaitDone waits until the enricher has committed every offset of tweets.raw, of which n hold records.
func awaitDone(t *testing.T, kafka broker.Config, n int64) {
	t.Helper()
	if got := len(kafkatest.ReadAll(t, kafka, topic.Raw)); int64(got) != n {
		t.Fatalf("%s has %d records, want %d", topic.Raw, got, n)
	}
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	left := map[int32]int64{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		left[r.Partition] = r.Offset + 1
	}
	for {
		offsets, err := admin.FetchOffsets(ctx, "enricher")
		if err == nil {
			offsets.Each(func(o kadm.OffsetResponse) {
				if o.At >= left[o.Partition] {
					delete(left, o.Partition)
				}
			})
		}
		if len(left) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the enricher has not done %v: %v", left, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
