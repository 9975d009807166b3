package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
)

func stage(t *testing.T) *telemetry.Stage {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.DiscardHandler))}.Join("ingest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeStage)
	return tel
}

func open(t *testing.T, kafka broker.Config, source string) *Store {
	t.Helper()
	s, err := Open(kafka, stage(t), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestTheLatestValueOfEachSourceIsLoaded(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	if got, err := Load(t.Context(), kafka, stage(t), "x"); got != nil || err != nil {
		t.Errorf("nothing was saved, and %q is loaded; %v", got, err)
	}
	one, other := open(t, kafka, "x"), open(t, kafka, "simulator")
	for n := range 100 {
		for _, s := range []*Store{one, other} {
			if err := s.Save(t.Context(), fmt.Appendf(nil, "%s %d", s.source, n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for source, want := range map[string]string{"x": "x 99", "simulator": "simulator 99", "another": ""} {
		if got, err := Load(t.Context(), kafka, stage(t), source); string(got) != want || err != nil {
			t.Errorf("of %s %q is loaded, want %q; %v", source, got, want, err)
		}
	}
}

func TestWithoutTheTopicNothingWaits(t *testing.T) {
	t.Parallel()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic.Raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	kafka := broker.Config{KafkaBrokers: c.ListenAddrs()}
	if _, err := Load(t.Context(), kafka, stage(t), "x"); !errors.Is(err, ErrNoTopic) {
		t.Errorf("loaded with %v, want ErrNoTopic", err)
	}
}

func TestABrokerThatIsAwayHoldsASaveUpForAMomentOnly(t *testing.T) {
	t.Parallel()
	s := open(t, broker.Config{KafkaBrokers: []string{"127.0.0.1:1"}}, "x")
	began := time.Now()
	for range 3 * maxPending {
		if s.Save(t.Context(), []byte("v")) == nil {
			t.Fatal("saved nowhere")
		}
	}
	if took := time.Since(began); took > 10*saveWithin {
		t.Errorf("%d saves took %s", 3*maxPending, took)
	}
}

func TestALoadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Load(ctx, broker.Config{KafkaBrokers: []string{"127.0.0.1:1"}}, stage(t), "x"); err == nil {
		t.Error("loaded from nowhere")
	}
}
