package enricher

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// Batches are large enough for every core to have a part of each.
func TestLooksAtAPostLeaveInTheOrderInWhichTheyCame(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	const posts, looks = 7, 300
	var records []*kgo.Record
	for n := range posts * looks {
		id := fmt.Sprint(2060000000000000000 + n%posts)
		raw := tweet.Raw{
			Key: []byte(id), Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: time.Date(2026, 6, 3, 0, 0, 0, n, time.UTC),
			Value: fmt.Appendf(nil, `{"data":{"id":"%s","text":"%d"}}`, id, n/posts),
		}
		r := &kgo.Record{Topic: topic.Raw, Key: raw.Key, Value: raw.Value}
		for _, h := range raw.Headers() {
			r.Headers = append(r.Headers, kgo.RecordHeader(h))
		}
		records = append(records, r)
	}
	if err := kafkatest.Client(t, kafka).ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Contest: contestFile, TransactionalID: "one"}
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	stop := startAs(t, kafka, cfg, t.Output())
	awaitGroup(t, kafka, posts*looks)
	stop()
	next := map[string]int{}
	for _, r := range kafkatest.ReadAll(t, kafka, topic.Enriched) {
		d, err := tweet.Decode(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		if d.Text != fmt.Sprint(next[d.TweetID]) {
			t.Fatalf("after %d looks at %s comes look %s", next[d.TweetID], d.TweetID, d.Text)
		}
		next[d.TweetID]++
	}
	for id, n := range next {
		if n != looks {
			t.Errorf("%d of %d looks at %s came out", n, looks, id)
		}
	}
	if len(next) != posts {
		t.Errorf("%d of %d posts came out", len(next), posts)
	}
}

// The client does not try again after this refusal, so only the transaction can.
func TestABatchOfWhichARecordIsRefusedIsNotCommitted(t *testing.T) {
	t.Parallel()
	cluster, kafka := kafkatest.Start(t, 2)
	produced := produceRaw(t, kafka, 0, 100)
	var refusals atomic.Int32
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if refusals.Load() == 2 {
			return nil, nil, false
		}
		refusals.Add(1)
		return refusal(r.(*kmsg.ProduceRequest), kerr.TopicAuthorizationFailed.Code), nil, true
	})
	stop := start(t, kafka, "one")
	awaitGroup(t, kafka, 100)
	stop()
	if n := refusals.Load(); n != 2 {
		t.Errorf("%d of 2 writes were refused", n)
	}
	checkOutput(t, kafka, produced)
}

func refusal(request *kmsg.ProduceRequest, code int16) kmsg.Response {
	response := request.ResponseKind().(*kmsg.ProduceResponse)
	response.Version = request.Version
	for _, t := range request.Topics {
		of := kmsg.NewProduceResponseTopic()
		of.Topic, of.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			at := kmsg.NewProduceResponseTopicPartition()
			at.Partition, at.ErrorCode = p.Partition, code
			of.Partitions = append(of.Partitions, at)
		}
		response.Topics = append(response.Topics, of)
	}
	return response
}

// The predecessor only seemed to be dead. Nobody reads past what it has left open, and what it had in hand its successor
// does.
func TestASuccessorEndsWhatItsPredecessorHasLeftOpen(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	predecessor := kafkatest.Client(t, kafka, kgo.TransactionalID("one"), kgo.TransactionTimeout(10*time.Minute), kgo.DefaultProduceTopic(topic.Enriched))
	if err := predecessor.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := predecessor.ProduceSync(t.Context(), kgo.StringRecord("never to be seen")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if open(t, kafka) == 0 {
		t.Fatal("nothing is open")
	}
	stop := start(t, kafka, "one")
	for deadline := time.After(15 * time.Second); open(t, kafka) > 0; {
		select {
		case <-deadline:
			t.Fatal("what the predecessor has left open is open still")
		case <-time.After(20 * time.Millisecond):
		}
	}
	produced := produceRaw(t, kafka, 0, 50)
	awaitGroup(t, kafka, 50)
	if err := predecessor.EndTransaction(t.Context(), kgo.TryCommit); err == nil {
		t.Error("the predecessor could commit")
	}
	stop()
	checkOutput(t, kafka, produced)
}

// open is how many records of tweets.enriched are in transactions that have not ended, or behind them.
func open(t *testing.T, kafka broker.Config) (records int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	admin := kadm.NewClient(kafkatest.Client(t, kafka))
	ends, err := admin.ListEndOffsets(ctx, topic.Enriched)
	if err != nil {
		t.Fatal(err)
	}
	stable, err := admin.ListCommittedOffsets(ctx, topic.Enriched)
	if err != nil {
		t.Fatal(err)
	}
	ends.Each(func(end kadm.ListedOffset) {
		at, _ := stable.Lookup(topic.Enriched, end.Partition)
		records += end.Offset - at.Offset
	})
	return records
}
