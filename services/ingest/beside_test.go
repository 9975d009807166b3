package ingest

import (
	"encoding/json"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/checkpoint"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/tweet"
)

// refresherSpent saves what a refresher would that has read so many posts today.
func refresherSpent(t *testing.T, kafka broker.Config, posts int64) {
	t.Helper()
	store, err := checkpoint.Open(kafka, stageOf(t), checkpoint.RefresherOf(tweet.SourceX))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	value, err := json.Marshal(map[string]any{"version": 7, "billed": spend.Count{At: time.Now().UTC(), Day: posts, Month: posts}})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), value); err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheRefresherSpendsIsOfTheSameBudget(t *testing.T) {
	t.Parallel()
	_, kafka := kafkatest.Start(t, partitions)
	refresherSpent(t, kafka, 100)
	x := newXServer(t)
	cfg := x.config(kafka, nil)
	cfg.X.Budget = spend.Config{XPostPrice: 0.01, XDailyBudget: 10} // 1,000 posts
	s := running(t, cfg)
	x.lines <- made(1, 0)
	eventually(t, "what was spent before the start counts, and what is read", func() bool { return s.metric(t, "spent_dollars") == 2*1.01 })
	refresherSpent(t, kafka, 900)
	eventually(t, "what is spent meanwhile counts", func() bool { return s.metric(t, "spent_dollars") == 2*9.01 })
	x.lines <- made(2, 0)
	refresherSpent(t, kafka, 2000)
	eventually(t, "it counts", func() bool { return s.metric(t, "spent_dollars") > 2*20 })
	x.lines <- made(3, 0)
	eventually(t, "reading ends when both have used the budget up", func() bool {
		return s.metric(t, "reconnects_total") == 0 && !s.ready()
	})
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if after := stateIn(t, kafka).Billed; after.Day != 3 || after.DayOthers != 0 {
		t.Errorf("ingest has counted %+v, and it has read 3 posts", after)
	}
}
