package refresher

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// biller is an X that has every post and bills for each once.
type biller struct {
	mu     sync.Mutex
	billed map[string]bool
	most   int // ids in one request
}

func (b *biller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var posts []string
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	b.most = max(b.most, len(ids))
	for _, id := range ids {
		b.billed[id] = true
		posts = append(posts, fmt.Sprintf(`{"id":%q,"text":"made up","edit_history_tweet_ids":[%q],"public_metrics":{"like_count":3}}`, id, id))
	}
	_, _ = io.WriteString(w, `{"data":[`+strings.Join(posts, ",")+`]}`)
}

func (b *biller) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.billed)
}

// snowflake is the id of a post that was made at a time.
func snowflake(at time.Time, n int) string {
	return strconv.FormatInt((at.UnixMilli()-1288834974657)<<22|int64(n), 10)
}

// fillWithPosts writes documents of posts that were made so long ago.
func fillWithPosts(t *testing.T, kafka broker.Config, count int, age time.Duration) {
	t.Helper()
	cl := kafkatest.Client(t, kafka)
	created := time.Now().Add(-age).UTC()
	for n := range count {
		id := snowflake(created, n)
		at, _ := tweet.SnowflakeTime(id)
		value, err := tweet.Encode(&tweet.Document{
			TweetID: id, Timestamp: at, CreatedAt: at, ObservedAt: at, Source: tweet.SourceSimulator, Kind: tweet.KindPost, Teams: []string{"cats"},
			MatchedRules: []tweet.MatchedRule{{ID: "1", Tag: "cats with images"}}, Observations: 1, Pipeline: tweet.Times{ReceivedAt: at, EnrichedAt: at},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: topic.Enriched, Key: []byte(id), Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// saveSpent has ingest have read so many posts today.
func saveSpent(t *testing.T, kafka broker.Config, posts int64) {
	t.Helper()
	tel, closeStage, err := telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.DiscardHandler))}.Join("test")
	if err != nil {
		t.Fatal(err)
	}
	defer closeStage()
	store, err := checkpoint.Open(kafka, tel, tweet.SourceSimulator)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	saved, err := json.Marshal(map[string]any{"version": 1, "billed": spend.Count{At: time.Now(), Day: posts, Month: posts}})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), saved); err != nil {
		t.Fatal(err)
	}
}

func TestABudgetThatIsTooSmallIsNeverPassedAlsoNotByRestarts(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	fillWithPosts(t, kafka, 300, 40*time.Hour) // none of them is of today
	x := &biller{billed: map[string]bool{}}
	server := httptest.NewServer(x)
	t.Cleanup(server.Close)
	const price, posts, ingests = 0.005, 200, 60
	saveSpent(t, kafka, ingests)
	w := &world{t: t, kafka: kafka, log: &syncBuffer{}, cfg: Config{
		Kafka: kafka, Contest: shippedContest, SimulatorURL: server.URL, RefreshAfter: []time.Duration{30 * time.Hour, 39 * time.Hour}, RefreshGrace: 10 * time.Hour,
		RefreshPosts: 1000, RefreshShare: 60, EnricherGroup: "enricher", Budget: spend.Config{XPostPrice: price, XDailyBudget: price * posts, XMonthlyBudget: 100},
	}}
	var own int
	for range 3 {
		r := w.refresher(w.cfg)
		before := x.count()
		// A governor grants nothing in its first seconds, until ingest must have heard of it.
		eventually(t, 40*time.Second, "money is spent, or denied", func() bool {
			return x.count() > before || r.process.Unready()["refresher"] == "" && r.sum(t, "due_paid_looks", "") > 0 && r.sum(t, "refused_grants_total", "") > 3
		})
		r.stop(t)
		own = x.count()
	}
	if own == 0 || own > posts*60/100 || own+ingests > posts {
		t.Errorf("%d looks were billed, beside %d posts of ingest; %d are paid for, and %d of them are for looks", own, ingests, posts, posts*60/100)
	}
	if looks := len(kafkatest.ReadAll(t, kafka, topic.Raw)); looks != own {
		t.Errorf("%d posts were billed, and %d are in %s", own, looks, topic.Raw)
	}
	t.Logf("%d looks were billed", own)
}

func TestWithoutABudgetEveryLookIsPaidFor(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	fillWithPosts(t, kafka, 250, 40*time.Hour)
	x := &biller{billed: map[string]bool{}}
	server := httptest.NewServer(x)
	t.Cleanup(server.Close)
	w := &world{t: t, kafka: kafka, log: &syncBuffer{}, cfg: Config{
		Kafka: kafka, Contest: shippedContest, SimulatorURL: server.URL, RefreshAfter: []time.Duration{39 * time.Hour}, RefreshGrace: 10 * time.Hour,
		RefreshPosts: 1000, RefreshShare: 20, EnricherGroup: "enricher", Budget: spend.Config{XPostPrice: 0.005},
	}}
	r := w.refresher(w.cfg)
	eventually(t, 30*time.Second, "all are looked at", func() bool { return len(kafkatest.ReadAll(t, kafka, topic.Raw)) == 250 })
	r.stop(t)
	if x.most != 100 {
		t.Errorf("the largest request asks for %d posts", x.most)
	}
}

func TestTheShareOfABudgetIsItsPart(t *testing.T) {
	t.Parallel()
	p := &purse{cfg: spend.Config{XPostPrice: 0.005}, share: 0.2}
	for _, c := range []struct {
		budget float64
		billed int64
		want   int
	}{{1, 0, 40}, {1, 39, 1}, {1, 40, 0}, {1, 90, 0}, {0, 7, 1 << 30}} {
		if got := p.left(c.budget, c.billed); got != c.want {
			t.Errorf("%+v: %d are left", c, got)
		}
	}
}

func TestRequestsOfAnEarlierProcessStillCount(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var sent []time.Time
	for n := range 3500 {
		sent = append(sent, now.Add(time.Duration(n-3500)*100*time.Millisecond))
	}
	bursts := burstsOf(sent)
	if len(bursts) > 61 {
		t.Errorf("%d bursts", len(bursts))
	}
	if wait := limiterAfter(state{Requests: bursts}, nil, now).Wait(now); wait < 9*time.Minute {
		t.Errorf("the next request may come after %s", wait)
	}
	if wait := limiterAfter(state{Requests: bursts}, nil, now.Add(16*time.Minute)).Wait(now.Add(16 * time.Minute)); wait != 0 {
		t.Errorf("after the window the next request has to wait for %s", wait)
	}
}
