package ingest

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/spend"
)

func TestMistakesAboutThePlanAndTheBudgetNameTheirFlags(t *testing.T) {
	t.Parallel()
	good := XConfig{XRuleLength: 1024, XSearchQueryLength: 512, Budget: spend.Config{XPostPrice: 0.005}, XOnBudget: "pause"}
	if err := good.check(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*XConfig)
		says   []string
	}{
		"lengths":           {func(c *XConfig) { c.XRuleLength, c.XSearchQueryLength = 4096, 0 }, []string{"--x-rule-length", "--x-search-query-length"}},
		"too much backfill": {func(c *XConfig) { c.XBackfillMinutes = 6 }, []string{"--x-backfill-minutes", "5"}},
		"money that is none": {func(c *XConfig) {
			c.Budget = spend.Config{XPostPrice: math.NaN(), XDailyBudget: -1, XMonthlyBudget: math.Inf(1)}
		}, []string{"--x-post-price", "--x-daily-budget", "--x-monthly-budget"}},
		"a budget, but no price": {func(c *XConfig) { c.Budget = spend.Config{XDailyBudget: 1} }, []string{"--x-post-price"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrong := good
			c.change(&wrong)
			err := wrong.check()
			for _, flag := range c.says {
				if err == nil || !strings.Contains(err.Error(), flag) {
					t.Errorf("%v does not name %s", err, flag)
				}
			}
		})
	}
}

func TestRulesThatThePlanDoesNotTakeAreRefusedWithTheContest(t *testing.T) {
	t.Parallel()
	loaded, err := contest.Load(shippedContest)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config XConfig
		says   string
	}{
		"the defaults":           {XConfig{XRuleLength: 1024}, ""},
		"too long":               {XConfig{XRuleLength: 40}, "--contest"},
		"no room for the sample": {XConfig{XRuleLength: 56, XOnBudget: "sample", Budget: spend.Config{XDailyBudget: 1}}, "--x-on-budget=sample"},
	} {
		if err := c.config.checkRules(loaded.StreamRules()); (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheBudgetIsKeptAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	c := XConfig{Budget: spend.Config{XPostPrice: 0.005, XDailyBudget: 1}, XOnBudget: "pause"}
	if g := c.governor(spend.Count{At: time.Now(), Day: 1000}, prometheus.NewRegistry()); !g.Limited() || g.Verdict().Share != 0 {
		t.Error("a day whose budget was spent before is read on")
	}
	c.Budget.XDailyBudget = 0
	if g := c.governor(spend.Count{}, prometheus.NewRegistry()); g.Limited() {
		t.Error("there is a budget that nobody gave")
	}
}
