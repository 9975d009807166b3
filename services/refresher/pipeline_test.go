package refresher

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"catsvdogs/services/enricher"
	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/simulator"
)

const shippedContest = "../../contest.yaml"

// world is the pipeline up to the refresher: the real simulator over HTTP, ingest, the broker and the enricher.
type world struct {
	t     *testing.T
	url   string
	kafka broker.Config
	log   *syncBuffer
	cfg   Config
}

// syncBuffer is a log that several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *syncBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startWorld(t *testing.T, sim simulator.Config, budget spend.Config, after ...time.Duration) *world {
	t.Helper()
	_, kafka := kafkatest.Start(t, 3)
	shortSessions(t, kafka)
	w := &world{t: t, kafka: kafka, log: &syncBuffer{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + ln.Addr().String()
	sim.Listener, sim.Telemetry.Process, sim.KeepAlive = ln, w.process(), 10*time.Second
	w.run("simulator", func(ctx context.Context) error { return simulator.Run(ctx, sim) })
	w.run("ingest", func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Config{
			Kafka: kafka, Telemetry: telemetry.Config{Process: w.process()}, Contest: shippedContest, SimulatorURL: w.url, Newborn: true,
			StallTimeout: 20 * time.Second, BufferBytes: 64 << 20,
			X: ingest.XConfig{XRuleLength: 1024, XSearchQueryLength: 512, Budget: budget, XOnBudget: "pause"},
		})
	})
	w.run("enricher", func(ctx context.Context) error {
		return enricher.Run(ctx, enricher.Config{
			Kafka: kafka, Telemetry: telemetry.Config{Process: w.process()}, Contest: shippedContest, Group: "enricher", TransactionalID: "enricher-" + t.Name(),
			BatchRecords: 2000, RepeatPosts: 1000, RepeatSpan: time.Hour, CommitInterval: 20 * time.Millisecond,
		})
	})
	w.cfg = Config{
		Kafka: kafka, Contest: shippedContest, SimulatorURL: w.url, RefreshAfter: after, RefreshGrace: 20 * time.Second, Session: session,
		RefreshPosts: 100_000, RefreshShare: 100, EnricherGroup: "enricher", Budget: budget,
	}
	return w
}

// session is how long a refresher may be silent before another one takes over, in tests that end some without a goodbye.
const session = 1500 * time.Millisecond

// shortSessions has the broker grant session.
func shortSessions(t *testing.T, kafka broker.Config) {
	t.Helper()
	least := "100"
	answers, err := kadm.NewClient(kafkatest.Client(t, kafka)).AlterBrokerConfigs(t.Context(), []kadm.AlterConfig{{Name: "group.min.session.timeout.ms", Value: &least}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
}

func (w *world) process() *telemetry.Process {
	return telemetry.NewProcess(slog.New(slog.NewTextHandler(w.log, nil)))
}

// run runs a stage until the test ends.
func (w *world) run(name string, stage func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- stage(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("%s: %v", name, err)
		}
	})
}

// running is a refresher that runs.
type running struct {
	process *telemetry.Process
	shown   *status
	cancel  context.CancelFunc
	done    chan error
}

func (w *world) refresher(cfg Config) *running {
	r := &running{process: w.process(), shown: newStatus(cfg.source()), done: make(chan error, 1)}
	cfg.Telemetry.Process = r.process
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.done <- run(ctx, cfg, r.shown) }()
	return r
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("the refresher ended with %v", err)
	}
}

// sum is that of a metric over the labels that have this value, or over all.
func (r *running) sum(t *testing.T, name, label string) (sum float64) {
	t.Helper()
	families, err := r.process.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "catsvdogs_refresher_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			if label == "" || len(m.GetLabel()) > 0 && m.GetLabel()[0].GetValue() == label {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

func (w *world) get(path string, answer any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer made-up")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
}

func (w *world) fault(name, order string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+"/simulator/v1/faults/"+name, strings.NewReader(order))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		w.t.Fatalf("order %s: %s: %s", name, resp.Status, text)
	}
}

// standing is what the simulator says of a post.
type standing struct {
	ID    string    `json:"id"`
	Known bool      `json:"known"`
	Gone  bool      `json:"gone"`
	Since time.Time `json:"since"`
}

func (w *world) standings(keys []string) map[string]standing {
	w.t.Helper()
	out := map[string]standing{}
	for len(keys) > 0 {
		n := min(len(keys), 500)
		var answer struct {
			Posts []standing `json:"posts"`
		}
		w.get("/simulator/v1/engagement?ids="+strings.Join(keys[:n], ","), &answer)
		for _, s := range answer.Posts {
			out[s.ID] = s
		}
		keys = keys[n:]
	}
	return out
}

// history is what tweets.raw tells of a post.
type history struct {
	created   time.Time
	wanted    bool
	brought   int // times that the stream has, edits included
	refreshes []time.Time
	deletions []time.Time
}

func (w *world) raw() map[string]*history {
	w.t.Helper()
	out := map[string]*history{}
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Raw) {
		raw, err := rawOf(r)
		if err != nil {
			w.t.Fatal(err)
		}
		key := string(raw.Key)
		h := out[key]
		if h == nil {
			h = &history{}
			h.created, _ = tweet.SnowflakeTime(key)
			out[key] = h
		}
		switch raw.Kind {
		case tweet.KindStream:
			h.wanted = true
			h.brought++
		case tweet.KindRefresh:
			h.refreshes = append(h.refreshes, raw.ObservedAt)
			if raw.Earlier == nil || raw.MatchedRules == nil || raw.Source != tweet.SourceSimulator || raw.Schema != tweet.SchemaX {
				w.t.Errorf("the refresh %+v", raw)
			}
		case tweet.KindDelete:
			h.deletions = append(h.deletions, raw.ObservedAt)
			if !json.Valid(raw.Value) {
				w.t.Errorf("the deletion says %s", raw.Value)
			}
		default:
			w.t.Errorf("a record of kind %s", raw.Kind)
		}
	}
	return out
}

// check holds tweets.raw against the schedule and against what the simulator says is gone; left is how many looks were left
// out. It returns how many looks and deletions there were.
func (w *world) check(left int) (looks, deletions int) {
	w.t.Helper()
	looksOfAPost := len(w.cfg.RefreshAfter)
	posts := w.raw()
	var keys []string
	for key := range posts {
		keys = append(keys, key)
	}
	standings := w.standings(keys)
	missed := 0
	for key, h := range posts {
		seen, more := map[int]bool{}, 0
		for _, at := range h.refreshes {
			n := 0
			for _, after := range w.cfg.RefreshAfter {
				if at.Sub(h.created) >= after {
					n++
				}
			}
			if seen[n] {
				more++
			}
			if n == 0 || more > max(0, h.brought-1) { // each edit may have a look of its own
				w.t.Errorf("look %d at post %s is made too early or twice: %s", n, key, h.refreshes)
			}
			seen[n] = true
			looks++
		}
		deletions += len(h.deletions)
		st := standings[key]
		if len(h.deletions) > 1 || len(h.deletions) == 1 && !st.Gone {
			w.t.Errorf("post %s, %+v, was deleted at %v", key, st, h.deletions)
		}
		if len(h.deletions) == 0 && h.wanted {
			missed += looksOfAPost - len(seen)
			if st.Gone && len(h.refreshes) == 0 {
				w.t.Errorf("post %s is gone, %+v, and was not looked at", key, st)
			}
			for _, at := range h.refreshes {
				if st.Gone && st.Since.Before(at.Add(-time.Millisecond)) {
					w.t.Errorf("post %s is gone, %+v, and was seen at %s", key, st, at)
				}
			}
		}
	}
	if missed > left || left > missed+looksOfAPost*deletions { // of what was deleted later, some was left out before
		w.t.Errorf("%d looks were not made, and %d are said to be left out", missed, left)
	}
	return looks, deletions
}

// documents checks that later looks have changed what they may and nothing else, and that deletions came through.
func (w *world) documents() {
	w.t.Helper()
	last := map[string]*tweet.Document{}
	gone := map[string]bool{}
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Enriched) {
		key := string(r.Key)
		if r.Value == nil {
			gone[key] = true
			continue
		}
		d, err := tweet.Decode(r.Value)
		if err != nil {
			w.t.Fatal(err)
		}
		before := last[key]
		if before != nil && d.ObservedAt.Before(before.ObservedAt) {
			continue // an edit was faster; this one loses against it
		}
		last[key] = d
		if before == nil || d.RefreshedAt == nil {
			continue
		}
		if !d.Timestamp.Equal(before.Timestamp) && before.Revision == 0 || d.Observations <= before.Observations || len(d.Teams) == 0 || d.Pipeline.ArrivalMS != before.Pipeline.ArrivalMS && before.Revision == 0 || d.Metrics.Likes < before.Metrics.Likes {
			w.t.Errorf("%+v became %+v", before, d)
		}
	}
	for key, h := range w.raw() {
		if len(h.deletions) > 0 != gone[key] {
			w.t.Errorf("post %s: deletions %v, and gone further down: %t", key, h.deletions, gone[key])
		}
	}
	if letters := kafkatest.ReadAll(w.t, w.kafka, topic.DeadLetter); len(letters) > 0 {
		w.t.Errorf("%d dead letters, the first one is %v", len(letters), letters[0].Headers)
	}
}

func (w *world) refreshedDocuments() (n int) {
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Enriched) {
		if bytes.Contains(r.Value, []byte(`"refreshed_at"`)) {
			n++
		}
	}
	return n
}

func TestEveryLookIsMadeOnceAndEveryDeletionIsFound(t *testing.T) {
	t.Parallel()
	const count = 400
	w := startWorld(t, simulator.Config{Rate: 80, Posts: count, HalfLife: 2 * time.Second, Deleted: 0.15, Protected: 0.1}, spend.Config{}, time.Second, 3*time.Second, 8*time.Second)
	r := w.refresher(w.cfg)
	w.settled(r, count)
	left := int(r.sum(t, "left_out_looks_total", ""))
	looks, deletions := w.check(left)
	eventually(t, 10*time.Second, "every look has a document", func() bool { return w.refreshedDocuments() == looks })
	w.documents()
	t.Logf("%d looks, %d deletions, %d left out", looks, deletions, left)
	if looks < count || deletions < count/10 { // what a busy machine leaves out is counted
		t.Errorf("%d looks, %d deletions, %d left out", looks, deletions, left)
	}
	r.stop(t)
}

// settled waits until all posts were delivered and none is waited for any more.
func (w *world) settled(r *running, count int) {
	w.t.Helper()
	all := func(topicName string) int {
		keys := map[string]bool{}
		for _, r := range kafkatest.ReadAll(w.t, w.kafka, topicName) {
			keys[string(r.Key)] = true
		}
		return len(keys)
	}
	eventually(w.t, 60*time.Second, fmt.Sprint(count, " posts are delivered"), func() bool { return all(topic.Raw) >= count })
	at := time.Now()
	last := w.cfg.RefreshAfter[len(w.cfg.RefreshAfter)-1]
	eventually(w.t, 60*time.Second, "all looks are over", func() bool {
		return time.Since(at) > last+2*time.Second && r.sum(w.t, "due_free_looks", "") == 0
	})
}

// killable is a network that is gone all at once: what the process had sent may or may not have arrived.
type killable struct {
	mu    sync.Mutex
	conns []net.Conn
	dead  bool
}

func (k *killable) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	k.conns = append(k.conns, conn)
	return conn, nil
}

func (k *killable) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead = true
	for _, conn := range k.conns {
		_ = conn.Close()
	}
}

func TestNoLookIsMadeTwiceOrForgottenBecauseOfRestarts(t *testing.T) {
	t.Parallel()
	for _, group := range []string{"enricher", "a group that has read nothing"} {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			const count = 300
			w := startWorld(t, simulator.Config{Rate: 40, Posts: count, HalfLife: 3 * time.Second, Deleted: 0.1}, spend.Config{}, time.Second, 3*time.Second, 8*time.Second)
			w.cfg.EnricherGroup = group
			rng := rand.New(rand.NewPCG(1, uint64(len(group))))
			begin := time.Now()
			restarts := 0
			var killed []*running
			t.Cleanup(func() {
				for _, r := range killed {
					r.stop(t)
				}
			})
			for ; time.Since(begin) < 20*time.Second; restarts++ {
				network := &killable{}
				cfg := w.cfg
				cfg.Kafka.Network, cfg.Dial = network.dial, network.dial
				r := w.refresher(cfg)
				wait := time.NewTimer(time.Duration(rng.Int64N(int64(3 * time.Second))))
				<-wait.C
				if restarts%2 == 0 {
					network.kill() // nobody hears of it any more
					r.cancel()
					killed = append(killed, r)
					continue
				}
				r.stop(t)
			}
			r := w.refresher(w.cfg)
			w.settled(r, count)
			r.stop(t)
			looks, deletions := w.checkLate()
			t.Logf("%d restarts, %d looks, %d deletions", restarts, looks, deletions)
			if restarts < 8 || looks < 2*count || deletions < count/30 {
				t.Errorf("%d restarts, %d looks, %d deletions", restarts, looks, deletions)
			}
		})
	}
}

func TestTroubleAtTheOtherSideCostsNoPostAndNoLook(t *testing.T) {
	t.Parallel()
	const count = 250
	w := startWorld(t, simulator.Config{Rate: 60, Posts: count, HalfLife: 3 * time.Second, Deleted: 0.05}, spend.Config{}, time.Second, 5*time.Second, 12*time.Second)
	r := w.refresher(w.cfg)
	eventually(t, 30*time.Second, "looks are made", func() bool { return r.sum(t, "looks_total", refreshed) > 20 })
	w.fault("lookup_blind", `{"times":3}`)
	eventually(t, 30*time.Second, "answers are doubted", func() bool { return r.sum(t, "looks_total", doubted) >= 5 })
	w.fault("lookup_503", `{"variant":"retry_after","for":"1s"}`)
	w.fault("lookup_cut", `{"times":2}`)
	w.fault("lookup_slow", `{"for":"500ms","times":3}`)
	w.fault("lookup_429", `{"variant":"problem","for":"1s"}`)
	w.settled(r, count)
	for _, kind := range []string{"http", "network", "rate_limited"} {
		if r.sum(t, "requests_total", kind) == 0 {
			t.Errorf("no request failed as %s", kind)
		}
	}
	left := int(r.sum(t, "left_out_looks_total", ""))
	r.stop(t)
	looks, deletions := w.check(left)
	t.Logf("%d looks, %d deletions, %d left out", looks, deletions, left)
}

// checkLate is check without what was left out, which several processes have counted.
func (w *world) checkLate() (looks, deletions int) {
	w.t.Helper()
	for key, h := range w.raw() {
		if h.wanted && len(h.deletions) == 0 && (len(h.refreshes) == 0 || h.refreshes[len(h.refreshes)-1].Sub(h.created) < w.cfg.RefreshAfter[len(w.cfg.RefreshAfter)-1]) {
			w.t.Errorf("the last look at post %s of %s is missing: %v", key, h.created, h.refreshes)
		}
		looks += len(h.refreshes)
		deletions += len(h.deletions)
		seen, more := map[int]bool{}, 0
		for _, at := range h.refreshes {
			n := 0
			for _, after := range w.cfg.RefreshAfter {
				if at.Sub(h.created) >= after {
					n++
				}
			}
			if seen[n] {
				more++
			}
			if n == 0 || more > max(0, h.brought-1) { // each edit may have a look of its own
				w.t.Errorf("look %d at post %s of %s is made too early or twice: %s", n, key, h.created, h.refreshes)
			}
			seen[n] = true
		}
		if len(h.deletions) > 1 {
			w.t.Errorf("post %s was deleted at %s", key, h.deletions)
		}
	}
	return looks, deletions
}
