package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/live/broadcast"
	"catsvdogs/services/live/rollup"
	"catsvdogs/services/pipeline/telemetry"
)

// newScoreboard has published its first state.
func newScoreboard(t *testing.T, zone *time.Location) *scoreboard {
	t.Helper()
	shown := competing(shipped(t))
	counts, err := rollup.New(shown.shape(), zone, rollup.Bounds{Days: 3, Posts: 1000}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	tel, _, err := telemetry.Config{Process: telemetry.NewProcess(discard())}.Join("live")
	if err != nil {
		t.Fatal(err)
	}
	board := &scoreboard{competing: shown, zone: zone, rollup: counts, hub: broadcast.New(broadcast.Limits{All: 1}), stage: tel}
	if board.metrics, err = newMetrics(prometheus.NewRegistry(), board); err != nil {
		t.Fatal(err)
	}
	if err := board.publish(time.Now()); err != nil {
		t.Fatal(err)
	}
	return board
}

// startScoreboard runs one in the current bubble. stop waits for its end.
func startScoreboard(t *testing.T, zone *time.Location) (board *scoreboard, batches chan batch, stop func()) {
	t.Helper()
	board = newScoreboard(t, zone)
	ctx, cancel := context.WithCancel(t.Context())
	batches = make(chan batch)
	ended := make(chan error, 1)
	go func() { ended <- board.run(ctx, batches) }()
	return board, batches, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the scoreboard ended with %v", err)
		}
	}
}

func looks(n int) batch {
	now := time.Now()
	return batch{
		progress: Progress{Phase: PhaseLive, Percent: 100},
		looks: []look{{
			Observation: rollup.Observation{ID: fmt.Sprint(n), ArrivedAt: now, ObservedAt: now, Teams: []string{"cats"}, Categories: []string{"cats with images"}},
			created:     now,
		}},
	}
}

func TestALonePostIsShownAtOnceAndMoreWaitForTheirTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board, batches, stop := startScoreboard(t, time.UTC)
		defer stop()
		advance(t, 700*time.Millisecond)
		batches <- looks(1)
		synctest.Wait()
		if total := newest(t, board).Posts.Total; total != 1 {
			t.Errorf("a lone post: %d are shown at once, want 1", total)
		}
		before := newest(t, board).Seq
		// 300 posts in 3 s, ten milliseconds apart.
		for n := range 300 {
			batches <- looks(2 + n)
			advance(t, 10*time.Millisecond)
		}
		if states := newest(t, board).Seq - before; states < 11 || states > 13 {
			t.Errorf("%d states in 3 s, want four a second", states)
		}
		advance(t, tickEvery)
		if total := newest(t, board).Posts.Total; total != 301 {
			t.Errorf("%d posts are shown in the end, want 301", total)
		}
	})
}

func TestWithoutPostsTheRateRunsOutAndThenNothingIsPublished(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board, batches, stop := startScoreboard(t, time.UTC)
		defer stop()
		batches <- looks(1)
		advance(t, 2*time.Second)
		if rate := newest(t, board).Rate.Last10s; rate != 0.1 {
			t.Errorf("a post in ten seconds is a rate of %v, want 0.1", rate)
		}
		advance(t, 70*time.Second)
		if rate := newest(t, board).Rate; rate != (Rate{}) {
			t.Errorf("after a quiet minute the rate is %+v, want none", rate)
		}
		advance(t, 5*time.Minute)
		quiet := newest(t, board)
		if n := len(quiet.Trace["cats"]); n != 0 {
			t.Errorf("after five quiet minutes the trace has %d seconds, want none", n)
		}
		advance(t, 30*time.Second)
		if states := newest(t, board).Seq - quiet.Seq; states != 0 {
			t.Errorf("%d states in half a minute in which nothing changed, want none", states)
		}
		var asked State
		answered, err := board.ofDay("", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(answered.body, &asked); err != nil || asked.Now != instant(time.Now()) || asked.Seq != quiet.Seq {
			t.Errorf("who asks gets now %s and seq %d, %v; want the clock of now and the state of then", asked.Now, asked.Seq, err)
		}
		advance(t, 5*time.Minute)
		if kind := newest(t, board).Headline.Kind; kind != "drought" {
			t.Errorf("after twelve minutes without a post the headline is of kind %s, want drought", kind)
		}
	})
}

func TestAPostWaitsNoLongerThanAQuarterOfASecond(t *testing.T) {
	t.Parallel()
	if tickEvery > 250*time.Millisecond {
		t.Fatalf("changes are held back for %s; 300 ms from the topic to the page leave no more than 250", tickEvery)
	}
	synctest.Test(t, func(t *testing.T) {
		board, batches, stop := startScoreboard(t, time.UTC)
		defer stop()
		advance(t, 700*time.Millisecond)
		for n := range 40 {
			since := time.Now()
			batches <- looks(n)
			synctest.Wait()
			for frame := board.hub.Newest(); newest(t, board).Posts.Total != int64(n)+1; {
				<-frame.Replaced()
				frame = board.hub.Newest()
			}
			if waited := time.Since(since); waited > tickEvery || n == 0 && waited > 0 {
				t.Fatalf("post %d was shown after %s, want at once after a pause and within %s otherwise", n, waited, tickEvery)
			}
			advance(t, time.Duration(n)*7*time.Millisecond)
		}
	})
}

func TestHashtagsAreToldOnceASecondAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board, batches, stop := startScoreboard(t, time.UTC)
		defer stop()
		batches <- looks(0)
		advance(t, 700*time.Millisecond)
		told, posts := 0, 0
		var tags []Hashtag
		for n := range 300 { // 3 s
			b := looks(1 + n)
			b.looks[0].Hashtags = []string{"cat"}
			batches <- b
			advance(t, 10*time.Millisecond)
			s := newest(t, board)
			if !reflect.DeepEqual(s.Hashtags, tags) {
				told++
			}
			tags, posts = s.Hashtags, int(s.Posts.Total)
		}
		if told > 4 || posts < 290 {
			t.Errorf("hashtags were told %d times in three seconds, %d posts; want four times at most", told, posts)
		}
		advance(t, 2*time.Second)
		if tags := newest(t, board).Hashtags; len(tags) != 1 || tags[0].Posts != 300 {
			t.Errorf("in the end %+v, want cat with 300 posts", tags)
		}
	})
}

func TestMidnightBeginsWithAWholeStateOfANewEpoch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		board, batches, stop := startScoreboard(t, time.FixedZone("almost tomorrow", 23*3600+59*60))
		defer stop()
		batches <- looks(1)
		advance(t, time.Second)
		yesterday := newest(t, board)
		// The clock of a bubble begins at midnight in UTC, a minute before the one of this zone.
		advance(t, 58900*time.Millisecond)
		last := board.hub.Newest()
		advance(t, time.Second)
		first := board.hub.Newest()
		today := newest(t, board)
		if today.Day == yesterday.Day || today.Epoch == yesterday.Epoch || today.Posts.Total != 0 {
			t.Errorf("day %s, epoch %s, %d posts; want a new day, a new epoch and none", today.Day, today.Epoch, today.Posts.Total)
		}
		if !bytes.Equal(first.After(last).Plain, first.Snapshot().Plain) {
			t.Error("followers were told a difference to yesterday, want the whole state")
		}
	})
}

// newest is what a reader would see.
func newest(t *testing.T, board *scoreboard) State {
	t.Helper()
	var s State
	if err := json.Unmarshal(board.hub.Newest().JSON, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// advance lets the bubble's clock run.
func advance(t *testing.T, d time.Duration) {
	t.Helper()
	<-time.After(d)
	synctest.Wait()
}
