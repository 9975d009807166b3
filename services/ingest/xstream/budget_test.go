package xstream

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/pipeline/spend"
)

// budgeted gives a stream a daily budget for so many posts.
func budgeted(posts float64, sampling bool, before int64) func(*Options) {
	return func(o *Options) {
		o.Spend = spend.New(spend.Options{PostPrice: PostPrice, Daily: posts * PostPrice, Sampling: sampling, Spent: spend.Count{At: time.Now(), Day: before}, Registerer: o.Registerer})
	}
}

func TestABudgetIsNotOverrunAndReadingGoesOnTheNextDay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sampling bool
		every    time.Duration
		budget   int
		atLeast  int // posts a day
	}{
		"pause, a post every five seconds":  {false, 5 * time.Second, 3000, 2900},
		"pause, many posts a second":        {false, 20 * time.Millisecond, 3000, 2300},
		"sample, a post every five seconds": {true, 5 * time.Second, 3000, 1000},
		"sample, all day within the budget": {true, 100 * time.Second, 3000, 800},
		"pause, a budget of very few posts": {false, 5 * time.Second, 10, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if c.every < time.Second {
					after(t, 23*time.Hour+45*time.Minute) // many posts a second are slow to simulate for a day
				}
				x := newPostingX(t, c.every)
				x.fault = func(int) streamFault { return streamFault{how: "close", after: 2 * time.Hour} }
				r, records := follow(t, x, budgeted(float64(c.budget), c.sampling, 0))
				today := time.Now()
				end := today.Truncate(24 * time.Hour).Add(24 * time.Hour)
				after(t, time.Until(end)-time.Second)
				day := today.Format(time.DateOnly)
				if n := x.billedOn(day); n > c.budget || n < c.atLeast {
					t.Errorf("%d posts were billed, with a budget of %d", n, c.budget)
				}
				after(t, 5*time.Minute)
				if n := x.billedOn(end.Format(time.DateOnly)); n == 0 && c.every < time.Minute {
					t.Errorf("nothing was read on the next day; log:\n%s", r.log)
				}
				last := records()[len(records())-1]
				switch log := r.log.String(); {
				case c.sampling && c.every == 5*time.Second && !strings.Contains(fmt.Sprint(x.bodies), "sample:"):
					t.Errorf("the rules were not sampled: %v", x.bodies)
				case c.every == 100*time.Second && last.Sample != 0:
					t.Errorf("sampled without need: %d %%", last.Sample)
				case !c.sampling && (!strings.Contains(log, "the budget for the day is used up") || !strings.Contains(log, "--x-daily-budget")):
					t.Errorf("that reading has ended is not said: %s", log)
				}
			})
		})
	}
}

func TestSamplingGoesBackUpWhenTheBudgetAllows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		r, records := follow(t, x, budgeted(86400/3, true, 0))
		after(t, time.Hour)
		sampledDown := records()[len(records())-1].Sample
		if sampledDown == 0 || sampledDown > 25 || testutil.ToFloat64(r.stream.metrics.foreignRules) != 0 {
			t.Errorf("%d %% are read", sampledDown)
		}
		if len(x.account) != 2 || !strings.Contains(x.account[0].Value, ") sample:") || x.account[0].Tag != catImages.Tag && x.account[0].Tag != dogImages.Tag {
			t.Errorf("rules on the account: %v", x.account)
		}
		x.scriptedX.mu.Lock()
		for _, body := range x.bodies { // additions first
			if strings.HasPrefix(body, `{"delete"`) && body == x.bodies[0] {
				t.Error("rules were deleted before others were added")
			}
		}
		x.scriptedX.mu.Unlock()
		x.mu.Lock()
		x.every = 0 // no posts from now on
		x.mu.Unlock()
		after(t, 6*time.Hour)
		if got := r.stream.share(); got != 100 {
			t.Errorf("%d %% are read although nothing comes", got)
		}
	})
}

func TestARestartDoesNotBeginTheDayAtNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		usage  http.HandlerFunc
		before int64
	}{
		"X tells": {usage: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"data":{"project_usage":"2990","project_cap":"3000000","cap_reset_day":9,"daily_project_usage":{"project_id":"1","usage":[{"date":"%sT00:00:00.000Z","usage":"2990"}]}}}`, time.Now().UTC().Format(time.DateOnly))
		}},
		"X does not, tweets.raw does": {before: 2990},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				x := newPostingX(t, time.Second)
				x.usage = c.usage
				r, _ := follow(t, x, budgeted(3000, false, c.before))
				after(t, time.Hour)
				if n := x.billedOn(time.Now().Format(time.DateOnly)); n > 10 {
					t.Errorf("%d posts were read; log:\n%s", n, r.log)
				}
			})
		})
	}
}

func TestASearchForMissedPostsAsksTheBudgetFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newPostingX(t, time.Second)
		_, records := follow(t, x, budgeted(140, false, 0), func(o *Options) {
			o.Memory.Position = Resume{ID: formatID(firstID(time.Now().Add(-time.Hour)))}
		})
		after(t, time.Minute)
		_, gaps := count(t, records())
		if len(x.searched()) > 0 || len(gaps) != 1 || gaps[0].Reason != NoBudget {
			t.Errorf("%d searches, gap events %+v", len(x.searched()), gaps)
		}
	})
}
