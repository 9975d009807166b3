package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tmaxmax/go-sse"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	within(t, 15*time.Second, what, is)
}

func within(t *testing.T, most time.Duration, what string, is func() bool) {
	t.Helper()
	deadline := time.After(most)
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s", most, what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// cluster is an embedded Kafka with the topic, and a producer of committed and aborted transactions.
type cluster struct {
	fake     *kfake.Cluster
	brokers  []string
	producer *kgo.Client
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	fake, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, topic.Enriched))
	if err != nil {
		t.Fatal(err)
	}
	producer, err := kgo.NewClient(kgo.SeedBrokers(fake.ListenAddrs()...), kgo.TransactionalID("enricher"), kgo.DefaultProduceTopic(topic.Enriched))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { producer.Close(); fake.Close() })
	return &cluster{fake: fake, brokers: fake.ListenAddrs(), producer: producer}
}

func (c *cluster) produce(t *testing.T, how kgo.TransactionEndTry, records ...*kgo.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := c.producer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	// Flushed before it ends: an abort of what never reached the broker would test nothing.
	if err := c.producer.ProduceSync(ctx, records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := c.producer.EndTransaction(ctx, how); err != nil {
		t.Fatal(err)
	}
}

func document(t *testing.T, id string, arrived, observed time.Time, tags ...string) *kgo.Record {
	t.Helper()
	d := tweet.Document{
		TweetID: id, Timestamp: arrived, CreatedAt: arrived.Add(-20 * time.Millisecond), ObservedAt: observed,
		Source: tweet.SourceSimulator, Categories: tags,
	}
	for _, tag := range tags {
		if team := strings.Fields(tag)[0]; !slices.Contains(d.Teams, team) {
			d.Teams = append(d.Teams, team)
		}
	}
	value, err := tweet.Encode(&d)
	if err != nil {
		t.Fatal(err)
	}
	return &kgo.Record{Key: []byte(id), Value: value, Timestamp: observed}
}

// run is a service that runs in the test.
type run struct {
	url     string
	process *telemetry.Process
	stop    func()
}

func start(t *testing.T, brokers []string) *run {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{url: "http://" + listener.Addr().String(), process: telemetry.NewProcess(discard())}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Config{
			Kafka: broker.Config{KafkaBrokers: brokers}, Telemetry: telemetry.Config{Process: r.process},
			Contest: "../../contest.yaml", Timezone: "UTC", MaxClients: 10, Days: 3, RememberPosts: 10_000, Listener: listener,
		})
	}()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

func (r *run) state(t *testing.T) State {
	t.Helper()
	var s State
	if err := json.Unmarshal([]byte(r.body(t, "/api/v1/contest")), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *run) body(t *testing.T, path string) string {
	t.Helper()
	resp := get(t, r.url+path)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func moment() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func TestThePageCountsWhatIsCommittedOncePerPost(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	var records []*kgo.Record
	for i := range 100 {
		records = append(records, document(t, fmt.Sprint("cat", i), now, now, "cats with images"))
	}
	for i := range 40 {
		records = append(records, document(t, fmt.Sprint("dog", i), now, now, "dogs with videos"))
	}
	records = append(records, records[:30]...) // delivered twice
	c.produce(t, kgo.TryCommit, records...)
	c.produce(t, kgo.TryAbort, document(t, "never", now, now, "dogs with images"))
	c.produce(t, kgo.TryCommit,
		document(t, "cat0", now, now.Add(time.Second), "cats with images", "dogs with images"), // an edit
		&kgo.Record{Key: []byte("cat1"), Timestamp: now.Add(time.Second)},                      // a deletion
		document(t, "yesterday", now.AddDate(0, 0, -1), now, "cats with images"),
		&kgo.Record{Key: []byte("broken"), Value: []byte(`{"tweet_id":`), Timestamp: now},
		&kgo.Record{Key: []byte("empty"), Value: []byte(`{}`), Timestamp: now},
	)
	c.produce(t, kgo.TryAbort, document(t, "neither", now, now, "dogs with images"))

	r := start(t, c.brokers)
	eventually(t, "the day is caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	check := func(when string, r *run) {
		t.Helper()
		got := r.state(t).Posts
		if got.Total != 139 || got.Teams["cats"] != 99 || got.Teams["dogs"] != 41 || got.Several != 1 || got.Simulated != 139 {
			t.Errorf("%s: %+v; want 139 posts, 99 for cats, 41 for dogs, 1 for both, all simulated", when, got)
		}
	}
	check("after the start", r)
	if ready := r.body(t, "/readyz"); ready != "ready\n" {
		t.Errorf("readyz says %q", ready)
	}
	metrics := r.body(t, "/metrics")
	for _, line := range []string{
		`catsvdogs_live_undecodable_total{reason="invalid_json"} 1`, `catsvdogs_live_undecodable_total{reason="no_id"} 1`,
		`catsvdogs_live_source_to_live_seconds_count 0`, `catsvdogs_live_lag_records 0`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("metrics lack %s", line)
		}
	}
	r.stop()
	again := start(t, c.brokers)
	eventually(t, "the day is caught up with after a restart", func() bool { return again.state(t).Progress.Phase == PhaseLive })
	check("after a restart", again)
}

func TestAPostIsOnThePageAMomentAfterItWasCommitted(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	r := start(t, c.brokers)
	eventually(t, "the empty day is caught up with", func() bool { return r.state(t).Progress.Phase == PhaseLive })
	events := make(chan sse.Event)
	body := get(t, r.url+"/events").Body
	go func() {
		defer close(events)
		for e, err := range sse.Read(body, nil) {
			if err != nil {
				return
			}
			events <- e
		}
	}()
	var page reader
	page.take(t, <-events)
	c.produce(t, kgo.TryCommit, document(t, "1", moment(), time.Now(), "cats with videos"))
	for total(page.state) == 0 {
		e, open := <-events
		if !open {
			t.Fatal("the stream ended")
		}
		page.take(t, e)
	}
	if page.events[len(page.events)-1] != "change" {
		t.Errorf("the post came with a %s, want a change", page.events[len(page.events)-1])
	}
	if metrics := r.body(t, "/metrics"); !strings.Contains(metrics, "catsvdogs_live_source_to_live_seconds_count 1\n") {
		t.Error("the latency of the post is not in the metrics")
	}
	r.stop()
	for range events { // until the service has closed the stream
	}
}

func TestMorePartitionsAreReadAndCountNoPostTwice(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	now := moment()
	const posts = 50
	var first, edits []*kgo.Record
	for i := range posts {
		id := fmt.Sprint("post", i)
		first = append(first, document(t, id, now, now, "cats with images"))
		edits = append(edits, document(t, id, now, now.Add(time.Second), "dogs with images"))
	}
	c.produce(t, kgo.TryCommit, first...)
	r := start(t, c.brokers)
	eventually(t, "the day is caught up with", func() bool { return r.state(t).Posts.Teams["cats"] == posts })

	later, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.DefaultProduceTopic(topic.Enriched))
	if err != nil {
		t.Fatal(err)
	}
	defer later.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := kadm.NewClient(later).CreatePartitions(ctx, 7, topic.Enriched); err != nil {
		t.Fatal(err)
	}
	if err := later.ProduceSync(ctx, edits...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	moved := map[int32]bool{}
	for _, r := range edits {
		moved[r.Partition] = true
	}
	if len(moved) < 6 {
		t.Fatalf("edits went to %d partitions only", len(moved))
	}
	within(t, time.Minute, "all edits are counted", func() bool { return r.state(t).Posts.Teams["dogs"] == posts })
	if s := r.state(t).Posts; s.Total != posts || s.Teams["cats"] != 0 {
		t.Errorf("%+v; want %d posts, all of them for dogs", s, posts)
	}
	again := start(t, c.brokers)
	eventually(t, "the day is caught up with after a restart", func() bool { return again.state(t).Progress.Phase == PhaseLive })
	if s := again.state(t).Posts; s.Total != posts || s.Teams["dogs"] != posts {
		t.Errorf("after a restart %+v; want %d posts, all of them for dogs", s, posts)
	}
}

func total(state any) float64 {
	return state.(map[string]any)["posts"].(map[string]any)["total"].(float64)
}

func TestThePageIsThereBeforeTheBroker(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	listener.Close()
	r := start(t, []string{nobody})
	if got := r.state(t).Progress.Phase; got != PhaseWaiting {
		t.Errorf("phase %q, want %q", got, PhaseWaiting)
	}
	if resp := get(t, r.url+"/readyz"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz gives %s, want 503", resp.Status)
	}
}
