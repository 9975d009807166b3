package live

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/telemetry"
)

const weekEnv = "LIVE_BENCH_WEEK"

// BenchmarkResidentMemoryOfAWeekAt500PostsASecond is the memory, as the system counts it, of a process that has such a week
// behind it and still counts 500 posts a second: every minute of seven days has posts, every day as many hashtags as are
// kept, and the memory of posts is full. What a full memory replaces costs time and no memory, so the days before the last
// hours are thinner here.
func BenchmarkResidentMemoryOfAWeekAt500PostsASecond(b *testing.B) {
	for b.Loop() {
		week := exec.CommandContext(b.Context(), os.Args[0])
		week.Env = append(os.Environ(), weekEnv+"=1")
		week.Stderr = os.Stderr
		out, err := week.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := week.Start(); err != nil {
			b.Fatal(err)
		}
		var most float64
		for told := bufio.NewScanner(out); told.Scan(); {
			kB, err := strconv.ParseFloat(told.Text(), 64)
			if err != nil {
				b.Fatal(err)
			}
			most = max(most, kB*1024/1e6)
		}
		if err := week.Wait(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(most, "MB-resident")
		if most == 0 || most > 200 {
			b.Errorf("%.0f MB are resident, want some and 200 at most", most)
		}
	}
}

// runWeek is the process; it prints its memory in kB each second.
func runWeek() error {
	debug.SetGCPercent(25) // as cmd/live does
	c, err := contest.Load("../../contest.yaml")
	if err != nil {
		return err
	}
	shown, now := competing(c), time.Now()
	counts, err := rollup.New(shown.shape(), time.UTC, rollup.Bounds{Days: 7, Posts: 1_000_000}, now)
	if err != nil {
		return err
	}
	tel, _, err := telemetry.Config{Process: telemetry.NewProcess(discard())}.Join("live")
	if err != nil {
		return err
	}
	board := &scoreboard{
		competing: shown, zone: time.UTC, rollup: counts, stage: tel, hub: broadcast.New(broadcast.Limits{All: 1}),
		progress: Progress{Phase: PhaseLive, Percent: 100},
	}
	if board.metrics, err = newMetrics(prometheus.NewRegistry(), board); err != nil {
		return err
	}
	n := 0
	feed := func(from, to time.Time, perSecond int) {
		for i := 0; ; i++ {
			at := from.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
			if at.After(to) {
				return
			}
			n++
			board.rollup.Apply(weekLook(n, at))
		}
	}
	busy := now.Add(-50 * time.Minute)
	feed(rollup.Since(now, time.UTC, 7), busy, 1)
	feed(busy, now, benchRate)

	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	batches := make(chan batch)
	ended := make(chan error, 1)
	go func() { ended <- board.run(ctx, batches) }()
	for second := 0; ctx.Err() == nil; second++ {
		for range 10 {
			b := batch{progress: Progress{Phase: PhaseLive, Percent: 100}}
			for range benchRate / 10 {
				n++
				b.looks = append(b.looks, look{Observation: weekLook(n, time.Now()), created: time.Now()})
			}
			select {
			case batches <- b:
			case <-ctx.Done():
			}
			<-time.After(100 * time.Millisecond)
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(status)) {
			if kB, found := strings.CutPrefix(line, "VmRSS:"); found {
				fmt.Println(strings.Fields(kB)[0])
			}
		}
	}
	return <-ended
}

// weekLook is a post with four hashtags, one in three with engagement and so with all that is shown of it.
func weekLook(n int, at time.Time) rollup.Observation {
	o := busyLook(n, at)
	o.Hashtags = append(o.Hashtags, "caturday", fmt.Sprint("tag", at.Day(), "-", n%rollup.MaxTags))
	if n%3 == 0 {
		o.Popularity, o.Engagement = rand.Float64()*7, float64(n%1000)
		o.Content = &Post{ID: o.ID, Text: strings.Repeat("invented ", 20)}
	}
	return o
}
