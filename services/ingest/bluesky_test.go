package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// startBluesky runs an ingest that reads these hosts.
func startBluesky(t *testing.T, b broker.Config, hosts ...*jetstreamtest.Host) *started {
	t.Helper()
	s := &started{log: &syncBuffer{}, done: make(chan struct{})}
	s.process = telemetry.NewProcess(slog.New(slog.NewTextHandler(s.log, nil)))
	cfg := Config{
		Kafka: b, Telemetry: telemetry.Config{Process: s.process}, Contest: shippedContest, Source: sourceBluesky,
		StallTimeout: minStall, BufferBytes: minBufferBytes,
	}
	for _, h := range hosts {
		cfg.BlueskyURL = append(cfg.BlueskyURL, h.URL.String())
	}
	if err := cfg.Validate(); err != nil && !strings.Contains(err.Error(), "--telemetry-addr") {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.done)
		s.err = Run(ctx, cfg)
	}()
	t.Cleanup(func() { _ = s.stop() })
	return s
}

// outcome is how many events ended so.
func (s *started) outcome(t *testing.T, name, label string) float64 {
	t.Helper()
	families, err := s.process.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "catsvdogs_ingest_"+name && len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// parsed is a record of tweets.raw.
func parsed(t *testing.T, r *kgo.Record) tweet.Raw {
	t.Helper()
	raw, err := tweet.ParseRaw(r.Key, r.Value, func(yield func(tweet.Header) bool) {
		for _, h := range r.Headers {
			if !yield(tweet.Header(h)) {
				return
			}
		}
	})
	if err != nil {
		t.Fatalf("%s: %v", r.Value, err)
	}
	return raw
}

// summary is what is in tweets.raw, by key: kinds and the tags that were matched, in the order of the log.
func summary(t *testing.T, cfg broker.Config) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, r := range kafkatest.ReadAll(t, cfg, topic.Raw) {
		raw := parsed(t, r)
		if raw.Source != tweet.SourceBluesky || raw.Schema != tweet.SchemaBluesky || raw.Traceparent == "" {
			t.Errorf("record %+v", raw)
		}
		got[string(raw.Key)] += string(raw.Kind)
		for _, m := range raw.MatchedRules {
			got[string(raw.Key)] += " " + m.Tag
		}
		got[string(raw.Key)] += ";"
	}
	return got
}

// network is a made-up network whose clock goes a second further with each event.
type network struct {
	now time.Time
	log *jetstreamtest.Log
}

func newNetwork() *network {
	return &network{now: time.Now().Add(-30 * time.Minute).Truncate(time.Second), log: jetstreamtest.NewLog()}
}

func (n *network) tick() time.Time {
	n.now = n.now.Add(time.Second)
	return n.now
}

// post adds a post and returns its at-uri and what was sent.
func (n *network) post(did string, hashtags ...string) (uri, frame string) {
	e := jetstreamtest.Post(did, n.tick(), "made up", hashtags...)
	n.log.Add(e)
	return tweet.PostURI(did, jetstreamtest.Key(n.now)), e.Frame
}

func (n *network) remove(uri string) {
	did, rkey, _ := tweet.CutPostURI(uri)
	n.log.Add(jetstreamtest.Delete(did, n.tick(), rkey))
}

func (n *network) change(uri string, hashtags ...string) {
	did, rkey, _ := tweet.CutPostURI(uri)
	n.log.Add(jetstreamtest.Put("update", did, n.tick(), rkey, "changed", hashtags...))
}

func (n *network) account(did string, active bool, status string) {
	n.log.Add(jetstreamtest.Account(did, n.tick(), active, status))
}

const (
	ann = "did:plc:ann"
	bob = "did:web:bob.example"
	cat = "stream cats with images;"
	dog = "stream dogs with images;"
)

func TestOfBlueskyComesWhatMatchesAndWhatBecomesOfIt(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	n := newNetwork()
	host := jetstreamtest.Start(t, n.log, nil, nil)
	s := startBluesky(t, cfg, host)
	eventually(t, "it is connected", func() bool { return host.Placed() == 1 && s.ready() })

	kept, frame := n.post(ann, "Cat")
	both, _ := n.post(ann, "dog", "cat")
	removed, _ := n.post(ann, "puppy")
	other, _ := n.post(ann, "horse")
	changed, _ := n.post(bob, "kitten")
	unchanged, _ := n.post(bob, "horse")
	n.log.Add(jetstreamtest.Event{TimeUS: n.now.UnixMicro(), Frame: frame}) // again, and out of order
	n.remove(removed)
	n.remove(removed)
	n.remove(other) // nobody has it
	n.remove(tweet.PostURI("did:plc:stranger", "3jzfcijpj2z2a"))
	n.change(changed, "dog")
	n.change(changed, "horse")
	n.change(unchanged, "horse", "mare")
	n.account(bob, true, "")
	n.account(ann, false, "throttled")
	n.account("did:plc:stranger", false, "deleted")
	n.account(bob, false, "takendown")
	n.account(bob, false, "takendown")
	oddKey := jetstreamtest.Put("create", ann, n.tick(), "self", "made up", "cat")
	n.log.Add(oddKey)
	last, _ := n.post(ann, "cat")

	want := map[string]string{
		kept: cat, both: "stream cats with images dogs with images;", removed: dog + "delete;",
		changed: cat + dog + "stream;delete;", tweet.PostURI(ann, "self"): cat, last: cat,
	}
	eventually(t, "the last one is written", func() bool { return s.metric(t, "written_records_total") == 10 })
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if diff := cmp.Diff(want, summary(t, cfg)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	for _, r := range kafkatest.ReadAll(t, cfg, topic.Raw) {
		if string(r.Key) == kept && string(r.Value) != frame {
			t.Errorf("the event is not as it came:\n%s\n%s", frame, r.Value)
		}
	}
	for _, c := range []struct {
		name, label string
		want        float64
	}{
		{"posts_total", "delivered", 8}, {"posts_total", "unmatched", 3}, {"posts_total", "repeated", 1},
		{"deletions_total", "delivered", 2}, {"deletions_total", "unknown", 3}, {"events_total", "commit", 16}, {"events_total", "account", 5},
	} {
		if got := s.outcome(t, c.name, c.label); got != c.want {
			t.Errorf("%s %s: %v, want %v", c.name, c.label, got, c.want)
		}
	}
	if strings.Contains(s.log.String(), "made up") {
		t.Errorf("a post is in the log:\n%s", s.log)
	}
}

func TestARestartGoesOnFromTheTailOfTheLog(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	n := newNetwork()
	host := jetstreamtest.Start(t, n.log, nil, nil)
	want := map[string]string{}
	var uris []string
	s := startBluesky(t, cfg, host)
	eventually(t, "it is connected", func() bool { return host.Placed() == 1 && s.ready() })
	for i := range 40 {
		uri, _ := n.post(ann, "cat")
		want[uri], uris = cat, append(uris, uri)
		if i%4 == 0 {
			n.post(bob, "horse")
		}
	}
	n.remove(uris[39])
	want[uris[39]] += "delete;"
	eventually(t, "all are written", func() bool { return s.metric(t, "written_records_total") == 41 })
	newest := n.now
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}

	// While nobody looked:
	fresh, _ := n.post(bob, "puppy")
	n.remove(uris[3])
	n.account(ann, false, "deleted")
	s = startBluesky(t, cfg, host)
	eventually(t, "the rest is written", func() bool { return s.metric(t, "written_records_total") == 40 })
	if err := s.stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	want[fresh] = dog
	for _, uri := range uris[:39] {
		want[uri] += "delete;"
	}
	if diff := cmp.Diff(want, summary(t, cfg)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	queries := host.Queries()
	if got, asked := queries[1].Get("cursor"), strconv.FormatInt(newest.Add(-10*time.Second).UnixMicro(), 10); got != asked {
		t.Errorf("went on from %s, want %s", got, asked)
	}
	if got := s.outcome(t, "posts_total", "repeated"); got < 5 {
		t.Errorf("%v posts came again, of the last 10 s", got)
	}
}

// A crash is a write that is cut off: with partitions that take records and others that do not, the log must still hold
// a beginning of what was delivered, or what is missing in the middle would never be asked for again.
func TestTheLogAlwaysHoldsABeginningOfWhatWasDelivered(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.Start(t, partitions)
	var asked, refused atomic.Int32
	crash, stop := context.WithCancel(t.Context())
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if asked.Add(1) < 20 || r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Partition != 1 {
			return nil, nil, false
		}
		if refused.Add(1) == 2 {
			stop()
		}
		return nil, errors.New("cut"), true
	})
	out := newOutput(crash, cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {})
	out.atOnce = Config{Source: sourceBluesky}.writesAtOnce()
	b := quietQueue(minBufferBytes)
	const posts = 60
	for i := range posts {
		b.put(t.Context(), tweet.Raw{Key: []byte(tweet.PostURI(fmt.Sprint("did:plc:author", i), "3jzfcijpj2z2a")), Value: []byte(strconv.Itoa(i))})
	}
	b.close()
	if _, err := out.run(crash, b); err == nil || refused.Load() < 2 {
		t.Errorf("ended with %v after %d refusals", err, refused.Load())
	}
	if err := out.close(); err != nil {
		t.Error(err)
	}
	got := map[string]bool{}
	for _, r := range kafkatest.ReadAll(t, cfg, topic.Raw) {
		got[string(r.Value)] = true
	}
	for i := range posts {
		if there := i < len(got); got[strconv.Itoa(i)] != there {
			t.Errorf("of %d records in the log, record %d is there: %t", len(got), i, !there)
		}
	}
	if len(got) == 0 || len(got) == posts {
		t.Errorf("%d records are in the log", len(got))
	}
}

// seed puts a record into the log as an earlier process would have.
func seed(t *testing.T, cfg broker.Config, e jetstreamtest.Event) {
	t.Helper()
	raw := tweet.Raw{
		Value: []byte(e.Frame), Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, Kind: tweet.KindStream,
		ObservedAt: time.Now(), MatchedRules: []tweet.MatchedRule{{ID: "1", Tag: "cats with images"}},
	}
	record := &kgo.Record{Topic: topic.Raw, Partition: 0, Key: []byte("at://did:plc:ann/app.bsky.feed.post/seed"), Value: raw.Value}
	for _, h := range raw.Headers() {
		record.Headers = append(record.Headers, kgo.RecordHeader(h))
	}
	cl := kafkatest.Client(t, cfg, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := cl.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestTheTailIsReadPastWhateverElseIsInIt(t *testing.T) {
	t.Parallel()
	_, cfg := kafkatest.Start(t, partitions)
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	seed(t, cfg, jetstreamtest.Post(ann, at, "made up", "cat"))
	seed(t, cfg, jetstreamtest.Event{Frame: "{broken"})
	cl := kafkatest.Client(t, cfg)
	for _, r := range []*kgo.Record{{Topic: topic.Raw, Value: []byte("no headers")}, {Topic: topic.Raw, Key: []byte("1"), Value: []byte(made(1, 0))}} {
		if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	host := jetstreamtest.Start(t, jetstreamtest.NewLog(), nil, nil)
	s := startBluesky(t, cfg, host)
	eventually(t, "it is connected", func() bool { return len(host.Queries()) > 0 })
	if got, want := host.Queries()[0].Get("cursor"), strconv.FormatInt(at.Add(-10*time.Second).UnixMicro(), 10); got != want {
		t.Errorf("went on from %s, want %s", got, want)
	}
	if held := s.metric(t, "held_posts"); held != 1 {
		t.Errorf("%v posts are held", held)
	}
}

func TestHostsAreGivenAsNamesOrAddresses(t *testing.T) {
	t.Parallel()
	got, err := Config{BlueskyURL: []string{"jetstream.example", " ws://127.0.0.1:6008/subscribe", "https://jetstream.example:8443/", "wss://a.example/other"}}.blueskyHosts()
	var texts []string
	for _, u := range got {
		texts = append(texts, u.String())
	}
	want := []string{"wss://jetstream.example/subscribe", "ws://127.0.0.1:6008/subscribe", "wss://jetstream.example:8443/subscribe", "wss://a.example/other"}
	if diff := cmp.Diff(want, texts); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, bad := range []string{"", "ftp://a.example", "wss://", "wss://u:secret@a.example", "wss://a.example?cursor=1", "a b"} {
		if got, err := (Config{BlueskyURL: []string{bad}}).blueskyHosts(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q is taken as %v (%v)", bad, got, err)
		}
	}
}
