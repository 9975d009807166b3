//go:build unix

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"golang.org/x/sync/errgroup"

	"catsvdogs/services/enricher"
	"catsvdogs/services/ingest"
	"catsvdogs/services/live"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/stage"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/provision"
	"catsvdogs/services/refresher"
	"catsvdogs/services/simulator"
	"catsvdogs/services/sink"
)

// By the last look a post has won all of its likes: no count of the simulator differs from the one that was seen because some
// time has passed.
const secondLookHalfLife = 500 * time.Millisecond

// plan is what a day is made of.
type plan struct {
	posts int64
	rate  float64
	after []time.Duration // ages at which posts are looked at
}

func (p plan) lastAge() time.Duration { return p.after[len(p.after)-1] }

// TestADayOfLooksEndsWithWhatTheSimulatorHas lives a day in half a minute: every post is looked at three times, some are
// deleted, and the refresher is stopped and started again meanwhile. Then page, index and archive are held against the
// simulator's own account.
func TestADayOfLooksEndsWithWhatTheSimulatorHas(t *testing.T) {
	t.Parallel()
	d := startDay(t, plan{posts: 20_000 / underRace, rate: 1000 / underRace, after: []time.Duration{2 * time.Second, 6 * time.Second, 20 * time.Second}})
	var looks *stage.Group
	look := func() { looks = stage.Start(t.Context(), stage.Stage{Name: "refresher", Run: d.refresher(t)}) }
	stop := func() {
		if looks == nil {
			return
		}
		if err := looks.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		looks = nil
	}
	t.Cleanup(stop)
	look()
	for _, posts := range []int64{d.posts / 5, d.posts / 2} {
		await(t, "posts to be made", func() bool { return d.emitted(t).Posts >= posts })
		stop()
		look()
	}
	await(t, "all posts to be made", func() bool { return d.emitted(t).Posts == d.posts })
	standing := d.standing(t)
	awaitWithin(t, 4*time.Minute, time.Second, "the last look at every post", func() bool { return d.lookedAt(t) })
	stop()
	d.checkPage(t, standing)
	d.checkLog(t, standing)
	d.awaitStored(t)
	d.checkIndex(t, standing)
	d.checkLimits(t)
	d.command(t, "ledger", "audit")
}

// day is the pipeline on embedded servers, with the page.
type day struct {
	recovery
	plan

	x, page string // addresses
	truth   string // file
	process *telemetry.Process
	contest *contest.Contest
}

func startDay(t *testing.T, p plan) *day {
	t.Helper()
	d := &day{recovery: embeddedServers(t), plan: p, truth: filepath.Join(t.TempDir(), "truth")}
	const shipped = "../../contest.yaml"
	var err error
	if d.contest, err = contest.Load(shipped); err != nil {
		t.Fatal(err)
	}
	if err := provision.Run(t.Context(), provision.Config{
		Kafka: d.kafka, Elasticsearch: d.elastic, S3: d.s3, Partitions: topic.Partitions, Replication: -1, WaitFor: time.Minute, Out: t.Output(), KeepAll: true,
	}); err != nil {
		t.Fatal(err)
	}
	x, page := listen(t), listen(t)
	d.x, d.page = "http://"+x.Addr().String(), "http://"+page.Addr().String()
	tel := telemetry.Config{Process: telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))}
	d.process = tel.Process
	simulated := simulator.Config{
		Telemetry: tel, Listener: x, Rate: p.rate, Posts: p.posts, Seed: 5, Malformed: 0.001, HalfLife: secondLookHalfLife, Deleted: 0.03, Protected: 0.01, Truth: d.truth,
	}
	ingested := ingest.Config{Kafka: d.kafka, Telemetry: tel, Contest: shipped, Source: "simulator", SimulatorURL: d.x, Newborn: true}
	enriched := enricher.Config{Kafka: d.kafka, Telemetry: tel, Contest: shipped}
	stored := sink.Config{Kafka: d.kafka, Telemetry: tel, Elasticsearch: d.elastic, S3: d.s3, ArchiveIdle: time.Second}
	shown := live.Config{Kafka: d.kafka, Telemetry: tel, Contest: shipped, Listener: page}
	for _, c := range []any{&simulated, &ingested, &enriched, &stored, &shown} {
		if err := config.Defaults(c); err != nil {
			t.Fatal(err)
		}
	}
	group := stage.Start(t.Context(),
		stage.Stage{Name: "ingest", Run: func(ctx context.Context) error { return ingest.Run(ctx, ingested) }},
		stage.Stage{Name: "enricher", Run: func(ctx context.Context) error { return enricher.Run(ctx, enriched) }},
		stage.Stage{Name: "sink", Run: func(ctx context.Context) error { return sink.Run(ctx, stored) }},
		stage.Stage{Name: "simulator", Run: func(ctx context.Context) error { return simulator.Run(ctx, simulated) }},
		stage.Stage{Name: "live", Run: func(ctx context.Context) error { return live.Run(ctx, shown) }})
	t.Cleanup(func() {
		if err := group.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// checkLimits wants no request to have met one of X's rate limits.
func (d *day) checkLimits(t *testing.T) {
	t.Helper()
	families, err := d.process.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	answered := 0.0
	for _, family := range families {
		if family.GetName() != "catsvdogs_simulator_requests_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "status" && label.GetValue() == "429" {
					t.Errorf("%g requests were over a limit: %v", m.GetCounter().GetValue(), m.GetLabel())
				}
			}
			answered += m.GetCounter().GetValue()
		}
	}
	if answered == 0 {
		t.Error("the simulator counts no requests")
	}
}

// refresher is one life of it, which knows nothing of those before.
func (d *day) refresher(t *testing.T) func(context.Context) error {
	t.Helper()
	cfg := refresher.Config{
		Kafka: d.kafka, Contest: "../../contest.yaml", Source: "simulator", SimulatorURL: d.x,
		RefreshAfter: d.after, RefreshGrace: 10 * time.Minute,
		Compliance: refresher.ComplianceConfig{S3: d.s3},
	}
	cfg.Telemetry.Process = telemetry.NewProcess(slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error { return refresher.Run(ctx, cfg) }
}

func fetchJSON(t *testing.T, url string, answer any) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(answer) == nil
}

type emitted struct {
	Posts int64 `json:"posts"`
}

func (d *day) emitted(t *testing.T) (e emitted) {
	t.Helper()
	fetchJSON(t, d.x+"/simulator/v1/status", &e)
	return e
}

// standing is how a post stands at the simulator.
type standing struct {
	ID        string   `json:"id"`
	Known     bool     `json:"known"`
	Tags      []string `json:"tags"`
	Likes     int64    `json:"likes"`
	Retweets  int64    `json:"retweets"`
	Replies   int64    `json:"replies"`
	Quotes    int64    `json:"quotes"`
	Bookmarks int64    `json:"bookmarks"`
	Gone      bool     `json:"gone"`
}

func (s *standing) metrics() tweet.Metrics {
	return tweet.Metrics{Likes: s.Likes, Retweets: s.Retweets, Replies: s.Replies, Quotes: s.Quotes, Bookmarks: &s.Bookmarks}
}

// standing asks the simulator for each post that it has handed out, as it stands when all of them have been looked at for the
// last time.
func (d *day) standing(t *testing.T) map[string]standing {
	t.Helper()
	file, err := os.Open(d.truth)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var ids []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line struct {
			First string `json:"first_id"`
			Kind  string `json:"kind"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Kind == "post" {
			ids = append(ids, line.First)
		}
	}
	at := time.Now().Add(d.lastAge()).UTC().Format(time.RFC3339)
	all := map[string]standing{}
	for some := range slices.Chunk(ids, 1000) {
		var answer struct{ Posts []standing }
		if !fetchJSON(t, fmt.Sprintf("%s/simulator/v1/engagement?at=%s&ids=%s", d.x, at, strings.Join(some, ",")), &answer) {
			t.Fatal("the simulator does not answer")
		}
		for _, s := range answer.Posts {
			if !s.Known {
				t.Fatalf("the simulator does not know %s", s.ID)
			}
			all[s.ID] = s
		}
	}
	if int64(len(all)) != d.posts {
		t.Fatalf("%d posts of %d", len(all), d.posts)
	}
	return all
}

// last returns what tweets.enriched says of each post last; nil for one that is gone.
func (d *day) last(t *testing.T) map[string]*tweet.Document {
	t.Helper()
	last := map[string]*tweet.Document{}
	for _, r := range kafkatest.ReadAll(t, d.kafka, topic.Enriched) {
		last[string(r.Key)] = nil
		if r.Value == nil {
			continue
		}
		document, err := tweet.Decode(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		last[string(r.Key)] = document
	}
	return last
}

// lookedAt says whether every post was looked at for the last time, or is known to be gone.
func (d *day) lookedAt(t *testing.T) bool {
	t.Helper()
	for _, document := range d.last(t) {
		if document != nil && (document.RefreshedAt == nil || document.RefreshedAt.Sub(document.CreatedAt) < d.lastAge()) {
			return false
		}
	}
	return true
}

// expected is what of the simulator's posts should be known.
func expected(t *testing.T, all map[string]standing) (posts map[string]standing, gone int) {
	t.Helper()
	posts = map[string]standing{}
	for id, s := range all {
		if s.Gone {
			gone++
			continue
		}
		posts[id] = s
	}
	if gone < len(all)/50 {
		t.Fatalf("only %d posts are gone", gone)
	}
	return posts, gone
}

// checkLog wants the last word on each post to be the simulator's, each scheduled look to be there once, and the place of the
// post to be the one it had at first.
func (d *day) checkLog(t *testing.T, all map[string]standing) {
	t.Helper()
	posts, _ := expected(t, all)
	arrived, looks := map[string]time.Time{}, map[string]int{}
	for _, r := range kafkatest.ReadAll(t, d.kafka, topic.Enriched) {
		if r.Value == nil {
			continue
		}
		document, err := tweet.Decode(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		id := document.TweetID
		if _, known := arrived[id]; !known {
			arrived[id] = document.Timestamp
		}
		if document.RefreshedAt == nil {
			continue
		}
		if looks[id]++; !document.Timestamp.Equal(arrived[id]) {
			t.Errorf("%s has moved from %s to %s", id, arrived[id], document.Timestamp)
		}
	}
	wrong := 0
	for id, document := range d.last(t) {
		s, there := posts[id]
		if there != (document != nil) {
			t.Errorf("%s: the simulator has it %t, and the log %t", id, there, document != nil)
			continue
		}
		if document == nil {
			continue
		}
		got := document.Metrics
		if got.Likes != s.Likes || got.Retweets != s.Retweets || got.Replies != s.Replies || got.Quotes != s.Quotes || got.Bookmarks == nil || *got.Bookmarks != s.Bookmarks {
			wrong++
		}
		// Two of the looks may be one where the refresher was away for both. Each edit may have one of its own.
		if n := looks[id]; n < 1 || n > 3+document.Revision {
			t.Errorf("%s was looked at %d times", id, n)
		}
	}
	if wrong > 0 {
		t.Errorf("the counts of %d posts are not the simulator's", wrong)
	}
}

// checkPage wants the page's numbers to be the simulator's.
func (d *day) checkPage(t *testing.T, all map[string]standing) {
	t.Helper()
	posts, _ := expected(t, all)
	teamOf := map[string]string{}
	for _, r := range d.contest.StreamRules() {
		teamOf[r.Tag] = r.Team
	}
	engagement := map[string]float64{}
	for _, s := range posts {
		metrics := s.metrics()
		counted := map[string]bool{}
		for _, tag := range s.Tags {
			if team := teamOf[tag]; !counted[team] {
				counted[team] = true
				engagement[team] += d.contest.Popularity.Engagement(metrics)
			}
		}
	}
	var state struct {
		Posts      struct{ Total int64 }
		Popularity map[string]struct{ Engagement float64 }
	}
	right := func() bool {
		if !fetchJSON(t, d.page+"/api/v1/contest", &state) || state.Posts.Total != int64(len(posts)) {
			return false
		}
		for team, want := range engagement {
			// The page keeps a post's popularity, ln(1 + E), to four decimals.
			if got := state.Popularity[team].Engagement; math.Abs(got-want) > 1e-3*want {
				return false
			}
		}
		return true
	}
	deadline := time.Now().Add(20 * time.Second)
	for !right() {
		if time.Now().After(deadline) {
			t.Errorf("the page has %+v, the simulator %d posts and %v", state, len(posts), engagement)
			return
		}
		<-time.After(100 * time.Millisecond)
	}
}

// checkIndex wants a document with the simulator's counts for each post that is there, and a stub for each that is gone.
func (d *day) checkIndex(t *testing.T, all map[string]standing) {
	t.Helper()
	posts, _ := expected(t, all)
	index := connect(t, d.elastic)
	var group errgroup.Group
	group.SetLimit(4)
	for id := range all {
		created, _ := tweet.CreatedFromKey(id)
		request := esapi.GetRequest{Index: tweet.IndexName(created, tweet.IndexMonthly), DocumentID: id}
		group.Go(func() error {
			text, err := elastic.Do(t.Context(), index, request, 1<<20)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			var stored struct {
				Source struct {
					tweet.Document

					DeletedAt string `json:"deleted_at"`
				} `json:"_source"`
			}
			if err := json.Unmarshal(text, &stored); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			s, there := posts[id]
			if there != (stored.Source.DeletedAt == "") {
				return fmt.Errorf("%s: the simulator has it %t, the index %s", id, there, text)
			}
			if got := stored.Source.Metrics; there && (got.Likes != s.Likes || got.Replies != s.Replies || got.Retweets != s.Retweets) {
				return fmt.Errorf("%s: the simulator has %+v, the index %+v", id, s, got)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
