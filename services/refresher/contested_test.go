package refresher

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/enricher"
	"catsvdogs/services/ingest"
	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/jetstreamtest"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
	"catsvdogs/services/simulator"
)

// behind is how far the clock of who tells of deletions is behind the refresher's.
const behind = 10 * time.Minute

// tellDeleted has somebody with such a clock tell that a post is gone.
func (w *world) tellDeleted(key, source, schema string) {
	w.t.Helper()
	cl := kafkatest.Client(w.t, w.kafka)
	r := recordOf(&tweet.Raw{Key: []byte(key), Value: []byte(`{"made":"up"}`), Source: source, Schema: schema, Kind: tweet.KindDelete, ObservedAt: time.Now().Add(-behind)})
	r.Topic = topic.Raw
	if err := cl.ProduceSync(w.t.Context(), r).FirstErr(); err != nil {
		w.t.Fatal(err)
	}
}

// stands says what wins of all that tweets.enriched tells of a post: whether it is there, and since when that is so. Of a
// deletion and a look of the same millisecond the deletion wins.
func (w *world) stands(key string) (there bool, at time.Time) {
	w.t.Helper()
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Enriched) {
		if string(r.Key) != key {
			continue
		}
		if observed := broker.ObservedAt(r); observed.After(at) || r.Value == nil && observed.Equal(at) {
			there, at = r.Value != nil, observed
		}
	}
	return there, at
}

func (w *world) aLookedAtPost() string {
	w.t.Helper()
	var key string
	eventually(w.t, 40*time.Second, "a look has a document", func() bool {
		for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Enriched) {
			if r.Value == nil {
				continue
			}
			if d, err := tweet.Decode(r.Value); err == nil && d.RefreshedAt != nil {
				key = d.TweetID
				return true
			}
		}
		return false
	})
	return key
}

func TestOnXADeletionFromAClockThatIsBehindIsSettledByAnotherLook(t *testing.T) {
	t.Parallel()
	w := startWorld(t, simulator.Config{Rate: 20, Posts: 20, HalfLife: time.Second}, spend.Config{}, time.Second, time.Minute)
	r := w.refresher(w.cfg)
	key := w.aLookedAtPost()
	_, before := w.stands(key)
	w.tellDeleted(key, tweet.SourceSimulator, tweet.SchemaX)
	eventually(t, 20*time.Second, "it is looked at again", func() bool {
		there, at := w.stands(key)
		return there && at.After(before)
	})
	r.stop(t)
}

func TestOnBlueskyADeletionHoldsWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, 1)
	shortSessions(t, kafka)
	w := &world{t: t, kafka: kafka, log: &syncBuffer{}}
	stream := jetstreamtest.NewLog()
	host := jetstreamtest.Start(t, stream, nil, nil)
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
		RefreshReactions: 1000, Kafka: kafka, Contest: shippedContest, Source: tweet.SourceBluesky, BlueskyURL: []string{host.URL.String()}, Session: session,
		RefreshAfter: []time.Duration{time.Second, time.Minute}, RefreshGrace: time.Minute, RefreshPosts: 1000, EnricherGroup: "enricher",
	}
	eventually(t, 20*time.Second, "ingest is connected", func() bool { return host.Placed() == 1 })
	r := w.refresher(w.cfg)
	eventually(t, 20*time.Second, "the refresher is connected", func() bool { return host.Placed() == 2 })
	c := &crowd{log: stream}
	for n := range 2 {
		c.post(n)
		stream.Add(jetstreamtest.React("app.bsky.feed.like", "did:plc:fan", time.Now(), jetstreamtest.Key(time.Now()), c.posts[n]))
	}
	first := w.aLookedAtPost()
	w.tellDeleted(first, tweet.SourceBluesky, tweet.SchemaBluesky)
	eventually(t, 20*time.Second, "it is gone", func() bool { there, _ := w.stands(first); return !there })

	// The other way round: the look was written when the deletion was in the log already.
	second := c.posts[0]
	if second == first {
		second = c.posts[1]
	}
	eventually(t, 20*time.Second, "the other one is looked at", func() bool {
		there, at := w.stands(second)
		return there && !at.IsZero() && r.sum(t, "looks_total", refreshed) == 2
	})
	var look *kgo.Record
	for _, raw := range kafkatest.ReadAll(t, kafka, topic.Raw) {
		if p, err := rawOf(raw); err == nil && string(raw.Key) == second && p.Kind == tweet.KindRefresh {
			p.ObservedAt = time.Now().Add(time.Minute)
			look = recordOf(&p)
		}
	}
	if look == nil {
		t.Fatal("the look is not in the log")
	}
	late := recordOf(&tweet.Raw{Key: []byte(second), Value: []byte(`{"made":"up"}`), Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, Kind: tweet.KindDelete, ObservedAt: time.Now()})
	late.Topic, look.Topic = topic.Raw, topic.Raw
	if err := kafkatest.Client(t, kafka).ProduceSync(t.Context(), late, look).FirstErr(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "the look has a document", func() bool { _, at := w.stands(second); return at.After(time.Now().Add(30 * time.Second)) })
	eventually(t, 20*time.Second, "the other one is gone, too", func() bool { there, _ := w.stands(second); return !there })
	deletions := len(w.deletionsOf(first)) + len(w.deletionsOf(second))
	r.stop(t)
	r = w.refresher(w.cfg)
	eventually(t, 20*time.Second, "another process has read it all", func() bool { return r.process.Unready()["refresher"] == "" })
	r.stop(t)
	if n := len(w.deletionsOf(first)) + len(w.deletionsOf(second)); n != deletions || n != 4 {
		t.Errorf("%d deletions were written, and %d after a restart; want each twice", deletions, n)
	}
}

// deletionsOf are the deletions of a post in tweets.raw.
func (w *world) deletionsOf(key string) (deletions []*kgo.Record) {
	w.t.Helper()
	for _, r := range kafkatest.ReadAll(w.t, w.kafka, topic.Raw) {
		if raw, err := rawOf(r); err == nil && string(r.Key) == key && raw.Kind == tweet.KindDelete {
			deletions = append(deletions, r)
		}
	}
	return deletions
}
