package ingest

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

const partitions = 4

func TestLinesArriveInTweetsRawAsTheyCame(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	x := newXServer(t)
	s := start(t, x, cfg)
	sent := []string{"{broken", "\xff\xfe\x00", `{"kind":"of a later day"}`}
	for id := range 30 {
		sent = append(sent, made(id, 0))
	}
	before := time.Now()
	for _, text := range sent {
		x.lines <- text
	}
	records := kafkatest.Read(t, cfg, topic.Raw, len(sent))
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	got := map[string]int{}
	franz := kgo.StickyKeyPartitioner(nil).ForTopic(topic.Raw)
	for _, r := range records {
		got[string(r.Value)]++
		raw, err := tweet.ParseRaw(r.Key, r.Value, func(yield func(tweet.Header) bool) {
			for _, h := range r.Headers {
				if !yield(tweet.Header(h)) {
					return
				}
			}
		})
		if err != nil {
			t.Errorf("%s: %v", r.Value, err)
		}
		if raw.Source != tweet.SourceX || raw.Kind != tweet.KindStream || raw.ObservedAt.Before(before) || raw.Truncated != nil ||
			r.Timestamp.UnixMilli() != raw.ObservedAt.UnixMilli() {
			t.Errorf("record %+v at %s", raw, r.Timestamp)
		}
		switch strings.HasPrefix(string(r.Value), `{"data"`) {
		case true:
			if want := franz.Partition(&kgo.Record{Key: r.Key}, partitions); len(r.Key) != 7 || int(r.Partition) != want {
				t.Errorf("key %q is in partition %d; the other clients would put it into %d", r.Key, r.Partition, want)
			}
		default:
			if r.Key != nil {
				t.Errorf("%s has the key %q", r.Value, r.Key)
			}
		}
	}
	want := map[string]int{}
	for _, text := range sent {
		want[text] = 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// inOrder checks that every look at every post is there and that looks at one post are in the order they were sent.
// Kafka-go's producer is not idempotent, so a look may come twice, but never after a later one has come first.
func inOrder(t *testing.T, records []*kgo.Record, posts, looks int) {
	t.Helper()
	next := map[string]int{}
	for _, r := range records {
		id := string(r.Key)
		n := next[id]
		if n < looks && strings.Contains(string(r.Value), `look `+strconv.Itoa(n)+`"`) {
			next[id] = n + 1
		} else if n == 0 || !strings.Contains(string(r.Value), `look `+strconv.Itoa(n-1)+`"`) {
			t.Fatalf("post %s: after %d looks comes %s", id, n, r.Value)
		}
	}
	if len(next) != posts {
		t.Errorf("%d of %d posts arrived", len(next), posts)
	}
	for id, n := range next {
		if n != looks {
			t.Errorf("post %s: %d of %d looks arrived", id, n, looks)
		}
	}
}

func TestABrokerThatFailsLosesNothingAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*kfake.Cluster, *atomic.Bool){
		"connections are cut": func(c *kfake.Cluster, down *atomic.Bool) {
			c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				return nil, errors.New("cut"), down.Load()
			})
		},
		"some partitions refuse": func(c *kfake.Cluster, down *atomic.Bool) {
			c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				request := r.(*kmsg.ProduceRequest)
				if p := request.Topics[0].Partitions[0].Partition; !down.Load() || p%2 == 0 {
					return nil, nil, false
				}
				return refusal(request, kerr.NotEnoughReplicas.Code), nil, true
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, cfg := kafkatest.Start(t, partitions)
			var down atomic.Bool
			fail(c, &down)
			x := newXServer(t)
			s := start(t, x, cfg)
			const posts, looks = 20, 30
			for n := range looks {
				down.Store(n >= 5 && n < 20)
				for id := range posts {
					x.lines <- made(id, n)
				}
				if n == 19 {
					eventually(t, "a write fails", func() bool { return s.metric(t, "write_errors_total") > 0 })
					if reason := s.process.Unready()["ingest"]; !strings.HasPrefix(reason, "broker: ") {
						t.Errorf("not ready because of %q", reason)
					}
				}
			}
			eventually(t, "everything is acknowledged", func() bool { return s.metric(t, "written_records_total") == posts*looks })
			if err := s.stop(); err != nil {
				t.Errorf("stopped with %v", err)
			}
			inOrder(t, kafkatest.Read(t, cfg, topic.Raw, posts*looks), posts, looks)
		})
	}
}

func refusal(request *kmsg.ProduceRequest, code int16) kmsg.Response {
	response := request.ResponseKind().(*kmsg.ProduceResponse)
	response.Version = request.Version
	for _, t := range request.Topics {
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, code
			rt.Partitions = append(rt.Partitions, rp)
		}
		response.Topics = append(response.Topics, rt)
	}
	return response
}

func TestALonePostIsWrittenWithoutWaitingForOthers(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	x := newXServer(t)
	s := start(t, x, cfg)
	eventually(t, "it is ready", s.ready)
	began := time.Now()
	const posts = 5
	for id := range posts {
		x.lines <- made(id, 0)
		eventually(t, "it is written", func() bool { return s.metric(t, "written_records_total") == float64(id+1) })
	}
	if took := time.Since(began); took > 4*time.Second { // with the client's defaults, a second each
		t.Errorf("%d posts, one after the other, took %s", posts, took)
	}
}

func TestAStopWritesWhatHasBeenRead(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, partitions)
	var down atomic.Bool
	down.Store(true)
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("cut"), down.Load()
	})
	x := newXServer(t)
	s := start(t, x, cfg)
	for id := range 100 {
		x.lines <- made(id, 0)
	}
	eventually(t, "all are read", func() bool { return s.metric(t, "lines_total") == 100 })
	s.cancel()
	down.Store(false)
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	inOrder(t, kafkatest.Read(t, cfg, topic.Raw, 100), 100, 1)
}

func TestARecordThatTheBrokerWillNeverTakeEndsIngest(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, partitions)
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return refusal(r.(*kmsg.ProduceRequest), kerr.MessageTooLarge.Code), nil, true
	})
	x := newXServer(t)
	s := start(t, x, cfg)
	x.lines <- made(1, 0)
	<-s.done // by itself
	if s.err == nil || !strings.Contains(s.err.Error(), "max.message.bytes") || !strings.Contains(s.err.Error(), "1 lines") {
		t.Errorf("ended with %v", s.err)
	}
}

func TestItWaitsForTheTopicBeforeItConnects(t *testing.T) {
	t.Parallel()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cfg := broker.Config{KafkaBrokers: c.ListenAddrs()}
	x := newXServer(t)
	s := start(t, x, cfg)
	eventually(t, "it says that it waits", func() bool { return strings.Contains(s.log.String(), "waiting for the broker") })
	if n := s.metric(t, "connects_total"); n != 0 || s.ready() {
		t.Errorf("connected %v times, ready: %v", n, s.ready())
	}
	if _, err := kadm.NewClient(kafkatest.Client(t, cfg)).CreateTopic(t.Context(), 1, 1, nil, topic.Raw); err != nil {
		t.Fatal(err)
	}
	x.lines <- made(1, 0)
	eventually(t, "it is ready", s.ready)
	kafkatest.Read(t, cfg, topic.Raw, 1)
}

func TestItIsReadyWhileConnectedToBothEnds(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	x := newXServer(t)
	s := start(t, x, cfg)
	eventually(t, "it is ready", s.ready)
	x.lines <- "" // closes the stream: back at once
	x.lines <- "" // again: back after a pause
	eventually(t, "it says why it is not ready", func() bool { return s.process.Unready()["ingest"] == "source: closed" })
	eventually(t, "it is ready again", s.ready)
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func TestATokenThatIsRefusedEndsIngest(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	x := newXServer(t)
	x.refuse = 401
	s := start(t, x, cfg)
	<-s.done // by itself
	if s.err == nil || !strings.Contains(s.err.Error(), "check that the bearer token") || strings.Contains(s.err.Error(), "made-up-token") {
		t.Errorf("ended with %v", s.err)
	}
}
