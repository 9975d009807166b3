//go:build unix

package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
	"catsvdogs/services/pipeline/tweet"
)

var builtRefresher = sync.OnceValues(func() (string, error) { return build("refresher", "refresher") })

// refresherKills is how often it is killed. Each costs a session, after which the next process has the lease.
const refresherKills = 5

// TestARefresherThatIsKilledMakesEachLookOnce lives a day with a refresher that is killed at random moments, and holds the log
// against the schedule: each look at each post is there once, also those that were due while nobody looked. A request that was
// under way at a kill is made again, which X may see, but of what it tells one record alone is in the log.
func TestARefresherThatIsKilledMakesEachLookOnce(t *testing.T) {
	t.Parallel()
	// No look falls due before the one before it was made up for.
	d := startDay(t, plan{posts: 6000 / underRace, rate: 300 / underRace, after: []time.Duration{2 * time.Second, 22 * time.Second, 44 * time.Second}})
	binary := builtOnce(t, builtRefresher)
	var after []string
	for _, age := range d.after {
		after = append(after, age.String())
	}
	start := func() *process {
		return startProcess(t, binary, "--kafka-brokers", strings.Join(d.kafka.KafkaBrokers, ","), "--contest", "../../contest.yaml", "--telemetry-addr", "127.0.0.1:0",
			"--source", "simulator", "--simulator-url", d.x, "--refresh-after", strings.Join(after, ","), "--refresh-grace", "10m", "--compliance-every", "0s", "--log-level", "warn")
	}
	seed := uint64(time.Now().UnixNano())
	realparts.Say("the seed of the moments is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // moments, not secrets
	p := start()
	for range refresherKills {
		before := d.looks(t)
		awaitWithin(t, time.Minute, 100*time.Millisecond, "looks to be made", func() bool { return d.looks(t) > before })
		<-time.After(time.Duration(random.Int64N(int64(2 * time.Second))))
		p.signal(t, syscall.SIGKILL)
		<-p.Done()
		p = start()
	}
	await(t, "all posts to be made", func() bool { return d.emitted(t).Posts == d.posts })
	standing := d.standing(t)
	awaitWithin(t, 4*time.Minute, time.Second, "the last look at every post", func() bool { return d.lookedAt(t) })
	p.signal(t, syscall.SIGTERM)
	p.awaitEnd(t)
	d.checkPage(t, standing)
	d.checkLog(t, standing)
	d.checkSchedule(t, standing)
}

// looks counts those in tweets.raw.
func (d *day) looks(t *testing.T) (n int) {
	t.Helper()
	for _, r := range kafkatest.ReadAll(t, d.kafka, topic.Raw) {
		for _, h := range r.Headers {
			if h.Key == topic.HeaderKind && string(h.Value) == string(tweet.KindRefresh) {
				n++
			}
		}
	}
	return n
}

// checkSchedule wants each look that the schedule has to be in tweets.raw, once, and none to be early.
func (d *day) checkSchedule(t *testing.T, all map[string]standing) {
	t.Helper()
	looks, brought := map[string][]time.Time{}, map[string]int{}
	for _, r := range kafkatest.ReadAll(t, d.kafka, topic.Raw) {
		raw, err := tweet.ParseRaw(r.Key, r.Value, func(yield func(tweet.Header) bool) {
			for _, h := range r.Headers {
				if !yield(tweet.Header{Key: h.Key, Value: h.Value}) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		switch id := string(raw.Key); raw.Kind {
		case tweet.KindRefresh:
			looks[id] = append(looks[id], raw.ObservedAt)
		case tweet.KindStream:
			brought[id]++
		case tweet.KindDelete:
		}
	}
	missing, double := 0, 0
	for id, s := range all {
		created, _ := tweet.SnowflakeTime(id)
		of := map[int]int{}
		for _, at := range looks[id] {
			n := 0
			for _, age := range d.after {
				if at.Sub(created) >= age {
					n++
				}
			}
			of[n]++
		}
		more := max(0, brought[id]-1) // each edit may have a look of its own
		for n := 1; n <= len(d.after) && !s.Gone; n++ {
			if of[n] == 0 {
				missing++
			}
			if of[n] > 1+more {
				double++
			}
		}
		if of[0] > 0 || s.Gone && len(looks[id]) > len(d.after)+more {
			t.Errorf("%s of %s was looked at at %s", id, created, fmt.Sprint(slices.SortedFunc(slices.Values(looks[id]), time.Time.Compare)))
		}
	}
	if missing+double > 0 {
		t.Errorf("of %d posts %d looks are missing, and %d are made twice", len(all), missing, double)
	}
}
