//go:build unix

package e2e

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// The stream of the rebalance test.
const (
	streamPosts = 400 // keys
	streamRate  = 800 // records a second
)

var builtEnricher = sync.OnceValues(func() (string, error) { return build("enricher", "enricher") })

// TestEnrichersThatComeAndGoOnARealBrokerEnrichEachRecordOnceAndInOrder starts, stops and kills enrichers, each a process
// of its own, while records flow, and then accounts for every record.
func TestEnrichersThatComeAndGoOnARealBrokerEnrichEachRecordOnceAndInOrder(t *testing.T) {
	s := realServers(t)
	pristine(t, s)
	cl := kafkatest.Client(t, s.broker())
	if _, err := broker.EnsureTopics(t.Context(), cl, topic.Specs(topic.Partitions, true), 1); err != nil {
		t.Fatal(err)
	}
	binary := builtOnce(t, builtEnricher)
	stream := startStream(t, cl)
	enricher := func(name string) *process {
		// Many small transactions, so that whatever happens meets one in the middle.
		return startProcess(t, binary, "--kafka-brokers", s.kafka.Addr, "--contest", "../../contest.yaml", "--telemetry-addr", "127.0.0.1:0",
			"--transactional-id", name, "--batch-records", "25", "--commit-interval", "0s", "--log-level", "warn")
	}
	goOn := func(what string, members int) {
		t.Helper()
		awaitMembers(t, cl, members)
		awaitEnriched(t, cl, stream.written.Load()+streamRate)
		realparts.Say("%s: %d records so far", what, stream.written.Load())
	}
	first := enricher("first")
	goOn("one enricher", 1)
	second, third := enricher("second"), enricher("third")
	goOn("three enrichers", 3)
	first.signal(t, syscall.SIGTERM)
	first.awaitEnd(t)
	goOn("one of three was stopped", 2)
	second.signal(t, syscall.SIGKILL)
	second = enricher("second")
	goOn("one of two was killed and came back at once", 2)
	third.signal(t, syscall.SIGKILL)
	fourth := enricher("fourth")
	goOn("one was killed, another came", 2)
	for _, p := range []*process{second, fourth} {
		p.signal(t, syscall.SIGKILL)
	}
	first = enricher("first")
	second = enricher("second")
	goOn("all were killed and two came back", 2)
	stream.stop(t)
	awaitEnriched(t, cl, stream.written.Load())
	for _, p := range []*process{first, second} {
		p.signal(t, syscall.SIGTERM)
		p.awaitEnd(t)
	}
	accountFor(t, s.broker(), stream.written.Load())
}

// stream is a source of raw records. Record n belongs to post n modulo streamPosts, so the records of a post can be
// told apart by their likes, which are n, and must stay in order.
type stream struct {
	written atomic.Int64 // acknowledged; all below this number are
	cancel  context.CancelFunc
	done    chan error
}

func startStream(t *testing.T, cl *kgo.Client) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &stream{cancel: cancel, done: make(chan error, 1)}
	go func() { s.done <- s.write(ctx, cl) }()
	return s
}

func (s *stream) write(ctx context.Context, cl *kgo.Client) error {
	const perSecond = 20
	ticks := time.NewTicker(time.Second / perSecond)
	defer ticks.Stop()
	for n := 0; ctx.Err() == nil; {
		var batch []*kgo.Record
		for range streamRate / perSecond {
			batch = append(batch, rawRecord(n))
			n++
		}
		if err := cl.ProduceSync(context.WithoutCancel(ctx), batch...).FirstErr(); err != nil {
			return err
		}
		s.written.Store(int64(n))
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
	return nil
}

func (s *stream) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	if err := <-s.done; err != nil {
		t.Fatal(err)
	}
}

// rawRecord makes record n; every tenth is broken.
func rawRecord(n int) *kgo.Record {
	id := strconv.Itoa(2060000000000000000 + n%streamPosts)
	raw := tweet.Raw{
		Key: []byte(id), Source: tweet.SourceSimulator, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: time.Now(),
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		Value:       fmt.Appendf(nil, `{"data":{"id":"%s","text":"#cat","lang":"en","public_metrics":{"like_count":%d}}`, id, n),
	}
	if !brokenRecord(n) {
		raw.Value = append(raw.Value, '}')
	}
	r := &kgo.Record{Topic: topic.Raw, Key: raw.Key, Value: raw.Value}
	for _, h := range raw.Headers() {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
	}
	return r
}

// brokenRecord does not follow the posts' numbers, so that a post has both kinds of records.
func brokenRecord(n int) bool { return n%10 == n/streamPosts%10 }

// awaitMembers waits until the group of the enrichers has settled with this many members.
func awaitMembers(t *testing.T, cl *kgo.Client, n int) {
	t.Helper()
	await(t, fmt.Sprintf("a settled group of %d", n), func() bool {
		groups, err := kadm.NewClient(cl).DescribeGroups(t.Context(), "enricher")
		return err == nil && groups["enricher"].State == "Stable" && len(groups["enricher"].Members) == n
	})
}

// awaitEnriched waits until the group has committed n records of tweets.raw.
func awaitEnriched(t *testing.T, cl *kgo.Client, n int64) {
	t.Helper()
	await(t, fmt.Sprintf("%d enriched records", n), func() bool {
		committed := int64(0)
		offsets, err := kadm.NewClient(cl).FetchOffsets(t.Context(), "enricher")
		offsets.Each(func(o kadm.OffsetResponse) { committed += max(0, o.At) })
		return err == nil && committed >= n
	})
}
