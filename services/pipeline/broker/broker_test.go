package broker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestTopicsAreMadeOnceAndFoundAfterwards(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 3)
	cl := kafkatest.Client(t, cfg)
	lines, err := broker.EnsureTopics(t.Context(), cl, topic.Specs(5, false), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 3 {
		t.Fatalf("got %d lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		if !strings.Contains(line, "found with 3 partitions, not the 5") {
			t.Errorf("%q does not tell the drift", line)
		}
	}
}

func TestWaitingForTopicsEndsWithTheContextAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	var log bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := broker.WaitForTopics(ctx, cl, slog.New(slog.NewTextHandler(&log, nil)), topic.Raw); err == nil {
		t.Error("it does not miss the topic")
	}
	if !strings.Contains(log.String(), "run provision") {
		t.Errorf("the log does not say what to do: %s", log.String())
	}
}

func TestAddressesOfBrokersAreChecked(t *testing.T) {
	t.Parallel()
	if err := (broker.Config{KafkaBrokers: []string{"a:1", "b:2"}}).Check(); err != nil {
		t.Error(err)
	}
	err := broker.Config{KafkaBrokers: []string{"a", "b:c:d"}}.Check()
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 2 {
		t.Errorf("got %v, want two mistakes", err)
	}
	if (broker.Config{}).Check() == nil {
		t.Error("no address is taken")
	}
}
