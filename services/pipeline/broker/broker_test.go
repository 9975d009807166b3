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
	"github.com/twmb/franz-go/pkg/kmsg"

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
			"topic ingest.state: " + outcome + ", 1 partitions, 1 copies",
			"topic refresher.state: " + outcome + ", 1 partitions, 1 copies",
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
	if len(lines) != 5 || !strings.HasPrefix(lines[1], want) {
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

func TestATopicWithoutALeaderIsWaitedForAsLongAsItSays(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, 2)
	cl := kafkatest.Client(t, cfg)
	c.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		asked := r.(*kmsg.MetadataRequest)
		if len(asked.Topics) == 0 {
			return nil, nil, false
		}
		answer := asked.ResponseKind().(*kmsg.MetadataResponse)
		for _, one := range asked.Topics {
			t := kmsg.NewMetadataResponseTopic()
			t.Topic = one.Topic
			for n := range int32(2) {
				p := kmsg.NewMetadataResponseTopicPartition()
				p.Partition, p.Leader = n, -1
				t.Partitions = append(t.Partitions, p)
			}
			answer.Topics = append(answer.Topics, t)
		}
		return answer, nil, true
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := broker.EnsureTopics(ctx, cl, topic.Specs(2, false), 1)
	if err == nil || !strings.Contains(err.Error(), "2 of 2 partitions have no leader; waited ") {
		t.Fatalf("got %v", err)
	}
	_, text, _ := strings.Cut(err.Error(), "; waited ")
	if waited, err := time.ParseDuration(text); err != nil || waited > 5*time.Second {
		t.Errorf("it says that it has waited %s of one second (%v)", text, err)
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
