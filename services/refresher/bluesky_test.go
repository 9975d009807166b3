package refresher

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/enricher"
	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/bluesky"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

// crowd likes, reposts and changes its mind, and knows what that comes to.
type crowd struct {
	rng   *rand.Rand
	log   *jetstreamtest.Log
	posts []string
	truth map[string]tweet.Metrics
	made  []reactionMade
	next  int
}

type reactionMade struct{ collection, did, rkey, post string }

func (c *crowd) post(n int) {
	now := time.Now()
	did := fmt.Sprint("did:plc:author", n)
	c.log.Add(jetstreamtest.Post(did, now, fmt.Sprint("made up, number ", n), "cat"))
	c.posts = append(c.posts, tweet.PostURI(did, jetstreamtest.Key(now)))
}

func (c *crowd) act() {
	now := time.Now()
	if len(c.made) > 0 && c.rng.IntN(5) == 0 {
		i := c.rng.IntN(len(c.made))
		m := c.made[i]
		c.made = append(c.made[:i], c.made[i+1:]...)
		c.log.Add(jetstreamtest.TakeBack(m.collection, m.did, now, m.rkey))
		c.count(m, -1)
		return
	}
	c.next++
	m := reactionMade{bluesky.LikeCollection, fmt.Sprint("did:plc:fan", c.next), jetstreamtest.Key(now), "at://did:plc:stranger/app.bsky.feed.post/3jzfcijpj2z2a"}
	if c.rng.IntN(4) == 0 {
		m.collection = bluesky.RepostCollection
	}
	if c.rng.IntN(4) > 0 {
		m.post = c.posts[c.rng.IntN(len(c.posts))]
	}
	e := jetstreamtest.React(m.collection, m.did, now, m.rkey, m.post)
	c.log.Add(e)
	if c.rng.IntN(10) == 0 {
		c.log.Add(e) // told of twice
	}
	c.made = append(c.made, m)
	c.count(m, 1)
}

func (c *crowd) count(m reactionMade, n int64) {
	t := c.truth[m.post]
	if m.collection == bluesky.LikeCollection {
		t.Likes += n
	} else {
		t.Retweets += n
	}
	c.truth[m.post] = t
}

// Likes and reposts of the posts that are held come to what the network says, whatever is told twice or taken back, and
// however often the process is stopped or killed.
func TestLikesAndRepostsAreCountedThroughRestarts(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 3)
	shortSessions(t, kafka)
	w := &world{t: t, kafka: kafka, log: &syncBuffer{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.log.String())
		}
	})
	c := &crowd{rng: rand.New(rand.NewPCG(1, 1)), log: jetstreamtest.NewLog(), truth: map[string]tweet.Metrics{}}
	host := jetstreamtest.Start(t, c.log, nil, nil)
	w.run("ingest", func(ctx context.Context) error {
		return ingest.Run(ctx, ingest.Config{
			Kafka: kafka, Telemetry: telemetry.Config{Process: w.process()}, Contest: shippedContest, Source: tweet.SourceBluesky,
			BlueskyURL: []string{host.URL.String()}, StallTimeout: 20 * time.Second, BufferBytes: 64 << 20,
		})
	})
	w.run("enricher", func(ctx context.Context) error {
		return enricher.Run(ctx, enricher.Config{
			Kafka: kafka, Telemetry: telemetry.Config{Process: w.process()}, Contest: shippedContest, Group: "enricher", TransactionalID: "enricher-" + t.Name(),
			BatchRecords: 2000, RepeatPosts: 1000, RepeatSpan: time.Hour, CommitInterval: 20 * time.Millisecond,
		})
	})
	w.cfg = Config{
		RefreshReactions: 100_000,
		Kafka:            kafka, Contest: shippedContest, Source: tweet.SourceBluesky, BlueskyURL: []string{host.URL.String()},
		RefreshAfter: []time.Duration{time.Second, 3 * time.Second, 12 * time.Second}, RefreshGrace: 20 * time.Second, RefreshPosts: 1000, EnricherGroup: "enricher", Session: session,
	}
	eventually(t, 20*time.Second, "ingest is connected", func() bool { return host.Placed() == 1 })
	r := w.refresher(w.cfg) // once, so that the stream's position is known
	eventually(t, 20*time.Second, "the refresher is connected", func() bool { return host.Placed() == 2 })
	network := &killable{}
	var killed []*running
	t.Cleanup(func() {
		for _, r := range killed {
			r.stop(t)
		}
	})
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	restarts := 0
	for n := range 800 {
		<-tick.C
		if n%20 == 0 && n < 400 {
			c.post(n)
		}
		c.act()
		if n%100 != 50 {
			continue
		}
		if restarts%2 == 0 {
			r.stop(t)
		} else {
			network.kill()
			r.cancel()
			killed = append(killed, r)
		}
		restarts++
		network = &killable{}
		cfg := w.cfg
		cfg.Kafka.Network = network.dial
		r = w.refresher(cfg)
	}
	want := map[string]tweet.Metrics{}
	for _, post := range c.posts {
		want[post] = c.truth[post]
	}
	documents := func() map[string]tweet.Metrics {
		got := map[string]tweet.Metrics{}
		for _, record := range kafkatest.ReadAll(t, kafka, topic.Enriched) {
			d, err := tweet.Decode(record.Value)
			if err != nil {
				t.Fatal(err)
			}
			got[d.TweetID] = d.Metrics
		}
		return got
	}
	deadline := time.Now().Add(30 * time.Second)
	eventually(t, 40*time.Second, "the counts are what they are", func() bool { return cmp.Equal(want, documents()) || time.Now().After(deadline) })
	if diff := cmp.Diff(want, documents()); diff != "" {
		t.Errorf("truth (-) and documents (+):\n%s", diff)
	}
	r.stop(t)
	for key, h := range w.rawOfBluesky() {
		seen := map[int]bool{}
		for _, at := range h.refreshes {
			n := 0
			for _, after := range w.cfg.RefreshAfter {
				if at.Sub(h.created) >= after {
					n++
				}
			}
			if n == 0 || seen[n] {
				t.Errorf("look %d at post %s of %s is made too early or twice: %s", n, key, h.created, h.refreshes)
			}
			seen[n] = true
		}
	}
	if restarts < 7 || len(c.posts) < 15 {
		t.Errorf("%d restarts, %d posts", restarts, len(c.posts))
	}
}

func (w *world) rawOfBluesky() map[string]*history {
	out := map[string]*history{}
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Raw) {
		raw, err := rawOf(r)
		if err != nil {
			w.t.Fatal(err)
		}
		if out[string(raw.Key)] == nil {
			out[string(raw.Key)] = &history{}
		}
		h := out[string(raw.Key)]
		h.created, _ = tweet.CreatedFromKey(string(raw.Key))
		h.created = h.created.Truncate(time.Millisecond)
		if raw.Kind == tweet.KindRefresh {
			h.refreshes = append(h.refreshes, raw.ObservedAt)
		}
	}
	return out
}
