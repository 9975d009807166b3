package live

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/telemetry"
)

// busyBoard is a scoreboard with a day behind it.
func busyBoard(b *testing.B) *scoreboard {
	b.Helper()
	shown := competing(shipped(b))
	now := time.Now()
	counts, err := rollup.New(shown.shape(), time.UTC, rollup.Bounds{Days: 7, Posts: 1_000_000}, now)
	if err != nil {
		b.Fatal(err)
	}
	tel, _, err := telemetry.Config{Process: telemetry.NewProcess(discard())}.Join("live")
	if err != nil {
		b.Fatal(err)
	}
	board := &scoreboard{
		competing: shown, zone: time.UTC, rollup: counts, hub: broadcast.New(broadcast.Limits{All: 10_000}), stage: tel,
		progress: Progress{Phase: PhaseLive, Percent: 100},
	}
	if board.metrics, err = newMetrics(prometheus.NewRegistry(), board); err != nil {
		b.Fatal(err)
	}
	for i := range 200_000 {
		board.rollup.Apply(busyLook(i, now.Add(-time.Duration(i)*50*time.Millisecond)))
	}
	if err := board.publish(now); err != nil {
		b.Fatal(err)
	}
	return board
}

func busyLook(i int, at time.Time) rollup.Observation {
	team := []string{"cats", "dogs"}[rand.IntN(2)]
	kind := []string{" with images", " with videos"}[rand.IntN(2)]
	return rollup.Observation{
		ID: fmt.Sprint("busy", i), Partition: int32(i % 12), ArrivedAt: at, ObservedAt: at, Source: rollup.X, Teams: []string{team},
		Categories: []string{team + kind}, Hashtags: []string{team, fmt.Sprint("tag", rand.IntN(300))},
		Label: rollup.Label(rand.IntN(4)), Score: 0.4, Popularity: float64(rand.IntN(3)),
	}
}

// BenchmarkPublish is a state in which 125 posts have come, as after a quarter of a second at 500 a second.
func BenchmarkPublish(b *testing.B) {
	board := busyBoard(b)
	b.ReportAllocs()
	var sent, n int
	for i := 0; b.Loop(); i++ {
		now := time.Now()
		for j := range 125 {
			board.rollup.Apply(busyLook(1_000_000+i*125+j, now))
		}
		before := board.hub.Newest()
		if err := board.publish(now); err != nil {
			b.Fatal(err)
		}
		sent += len(board.hub.Newest().After(before).Plain)
		n++
	}
	b.ReportMetric(float64(sent)/float64(n), "B/change")
	b.ReportMetric(float64(len(board.hub.Newest().Snapshot().Plain)), "B/snapshot")
}
