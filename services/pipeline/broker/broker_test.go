package broker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestTopicsAreMadeOnceAndFoundAfterwards(t *testing.T) {
	t.Parallel()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cl := kafkatest.Client(t, broker.Config{KafkaBrokers: c.ListenAddrs()})
	for _, outcome := range []string{"made", "found"} {
		lines, err := broker.EnsureTopics(t.Context(), cl, topic.Specs(3, false), 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"topic tweets.raw: " + outcome + ", 3 partitions, 1 copies",
			"topic tweets.enriched: " + outcome + ", 3 partitions, 1 copies",
			"topic tweets.dlq: " + outcome + ", 3 partitions, 1 copies",
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
	}
}

func TestATopicThatDiffersIsDescribedAndNotChanged(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 3)
	cl := kafkatest.Client(t, cfg)
	specs := topic.Specs(5, true)
	specs[1].Settings["cleanup.policy"] = "delete, compact" // a list, in which order means nothing
	lines, err := broker.EnsureTopics(t.Context(), cl, specs, 2)
	if err != nil {
		t.Fatal(err)
	}
	const want = "topic tweets.enriched: found, 3 partitions, 1 copies; different from what was asked for: it has 3 partitions, not 5, " +
		"it has 1 copies of each partition, not 2, retention.ms is 604800000, not -1; left as it is"
	if len(lines) != 3 || !strings.HasPrefix(lines[1], want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	lines, err = broker.EnsureTopics(t.Context(), cl, topic.Specs(3, false), 1)
	if err != nil || strings.Contains(strings.Join(lines, ""), "different") {
		t.Errorf("it was changed: %q, %v", lines, err)
	}
}

func TestATopicThatNothingCouldBeWrittenToIsAnError(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, 1)
	specs := []topic.Spec{{Name: "strict", Partitions: 1, Settings: map[string]string{"min.insync.replicas": "2"}}}
	if _, err := broker.EnsureTopics(t.Context(), kafkatest.Client(t, cfg), specs, 1); !errors.Is(err, broker.ErrUnusableTopic) {
		t.Errorf("got %v, want ErrUnusableTopic", err)
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
