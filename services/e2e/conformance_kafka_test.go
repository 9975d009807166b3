//go:build unix

package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/embedded/kafka"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
)

func TestTheEmbeddedBrokerAnswersAsKafkaDoes(t *testing.T) {
	t.Parallel()
	b, err := kafka.Start(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	x := newBrokerUnderTest(t, broker.Config{KafkaBrokers: b.Addrs()})
	x.embedded = true
	conform(t, x, brokerQuestions(), brokerDifferences())
}

func TestRealKafkaAnswersAsIsWrittenDown(t *testing.T) {
	s := realServers(t)
	conform(t, newBrokerUnderTest(t, s.broker()), brokerQuestions(), nil)
}

// brokerUnderTest is a Kafka, or what stands in for it.
type brokerUnderTest struct {
	cfg      broker.Config
	admin    *kadm.Client
	prefix   string // of the names of topics, groups and transactions
	embedded bool
}

func newBrokerUnderTest(t *testing.T, cfg broker.Config) *brokerUnderTest {
	t.Helper()
	x := &brokerUnderTest{cfg: cfg, admin: kadm.NewClient(kafkatest.Client(t, cfg)), prefix: "e2e-" + strings.ToLower(rand.Text()) + "-"}
	t.Cleanup(func() { // the test's own context has ended
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		foreign := func(name string) bool { return !strings.HasPrefix(name, x.prefix) }
		if topics, err := x.admin.ListTopics(ctx); err == nil {
			_, _ = x.admin.DeleteTopics(ctx, slices.DeleteFunc(topics.Names(), foreign)...)
		}
		if groups, err := x.admin.ListGroups(ctx); err == nil {
			_, _ = x.admin.DeleteGroups(ctx, slices.DeleteFunc(groups.Groups(), foreign)...)
		}
	})
	return x
}

// topic makes a topic of one partition with settings in pairs and returns its name.
func (x *brokerUnderTest) topic(t *testing.T, settings ...string) string {
	t.Helper()
	name := x.prefix + strings.ToLower(rand.Text())
	configs := map[string]*string{}
	for i := 0; i+1 < len(settings); i += 2 {
		configs[settings[i]] = &settings[i+1]
	}
	if _, err := x.admin.CreateTopic(t.Context(), 1, 1, configs, name); err != nil {
		t.Fatal(err)
	}
	// The controller has it; the broker hears of it a moment later.
	await(t, "topic "+name, func() bool {
		found, err := x.admin.DescribeTopicConfigs(t.Context(), name)
		return err == nil && len(found) == 1 && found[0].Err == nil
	})
	return name
}

func (x *brokerUnderTest) client(t *testing.T, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	return kafkatest.Client(t, x.cfg, options...)
}

// produce writes values to a topic and waits for the acknowledgement.
func (x *brokerUnderTest) produce(t *testing.T, cl *kgo.Client, topic string, values ...string) error {
	t.Helper()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: topic, Key: []byte("key"), Value: []byte(v)})
	}
	return cl.ProduceSync(t.Context(), records...).FirstErr()
}

// values are what a topic of one partition holds for a reader: of committed records, or of all.
func (x *brokerUnderTest) values(t *testing.T, topic string, committed bool) []string {
	t.Helper()
	list, level := x.admin.ListEndOffsets, kgo.ReadUncommitted()
	if committed {
		list, level = x.admin.ListCommittedOffsets, kgo.ReadCommitted()
	}
	ends, err := list(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	cl := x.client(t, kgo.FetchIsolationLevel(level), kgo.KeepControlRecords(), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var values []string
	for next := int64(0); next < end.Offset; {
		for _, r := range cl.PollFetches(ctx).Records() {
			next = r.Offset + 1
			if !r.Attrs.IsControl() {
				values = append(values, string(r.Value))
			}
		}
		if err := ctx.Err(); err != nil {
			t.Fatalf("read up to %d of %d: %v", next, end.Offset, err)
		}
	}
	return values
}

// code is the broker's name for an error.
func code(err error) string {
	var known *kerr.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &known):
		return known.Message
	}
	return fmt.Sprint("no answer: ", err)
}
