// Package kafkatest gives tests a Kafka broker: franz-go's kfake, in memory, with the pipeline's topics. It fakes the
// broker, not the client, so that what is tested is the client code that runs in production.
package kafkatest

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/topic"
)

// Start returns a broker that lives as long as the test, with every topic of the pipeline in this many partitions.
func Start(t testing.TB, partitions int32) (*kfake.Cluster, broker.Config) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatalf("start a broker: %v", err)
	}
	t.Cleanup(c.Close)
	cfg := broker.Config{KafkaBrokers: c.ListenAddrs()}
	cl := Client(t, cfg)
	if _, err := broker.EnsureTopics(t.Context(), cl, topic.Specs(partitions, false), 1); err != nil {
		t.Fatalf("make the topics: %v", err)
	}
	return c, cfg
}

// Client returns a client that is closed when the test ends.
func Client(t testing.TB, cfg broker.Config, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(broker.Dialing(cfg), options...)...)
	if err != nil {
		t.Fatalf("connect to the broker: %v", err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// Read returns the next n committed records of a topic, from its start; it fails the test when they do not come within
// 30 s.
func Read(t testing.TB, cfg broker.Config, topicName string, n int) []*kgo.Record {
	t.Helper()
	cl := Client(t, cfg, kgo.ConsumeTopics(topicName), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var records []*kgo.Record
	for len(records) < n {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			t.Fatalf("%s has %d of %d records: %v", topicName, len(records), n, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// ReadAll returns every committed record that a topic holds now, partition by partition in the order of the log.
func ReadAll(t testing.TB, cfg broker.Config, topicName string) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ends, err := kadm.NewClient(Client(t, cfg)).ListCommittedOffsets(ctx, topicName)
	if err != nil {
		t.Fatalf("ask for the end of %s: %v", topicName, err)
	}
	open, from := map[int32]int64{}, map[int32]kgo.Offset{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			open[o.Partition], from[o.Partition] = o.Offset-1, kgo.NewOffset().AtStart()
		}
	})
	if len(open) == 0 {
		return nil
	}
	// A transaction's marker may be the last offset, so the client hands markers out, too.
	cl := Client(t, cfg, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topicName: from}), kgo.KeepControlRecords(), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	var records []*kgo.Record
	for len(open) > 0 {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			t.Fatalf("%s is not read to its end: %v", topicName, err)
		}
		for _, r := range fetches.Records() {
			if !r.Attrs.IsControl() {
				records = append(records, r)
			}
			if r.Offset >= open[r.Partition] {
				delete(open, r.Partition)
			}
		}
	}
	return records
}
