package ingest

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/ingest/spend"
	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/rule"
)

// XConfig is what ingest can be told about the plan of an X account, and what it may spend.
type XConfig struct {
	XRuleLength        int `name:"x-rule-length" help:"Characters that a stream rule may have on the plan: 1024, or 2048 on enterprise plans." default:"1024" placeholder:"N"`
	XSearchQueryLength int `name:"x-search-query-length" help:"Characters that a search may have on the plan: 512, or 4096 on enterprise plans. Missed posts of longer rules cannot be searched for." default:"512" placeholder:"N"`
	XBackfillMinutes   int `name:"x-backfill-minutes" help:"Minutes that X sends again after a short gap, up to 5, on plans that have backfill. 0 for none: missed posts are searched for." default:"0" placeholder:"N"`

	XPostPrice     float64 `name:"x-post-price" help:"Price of a post that is read, in US dollars. Posts that come inside others (quoted, replied to) are not counted: X does not say whether it bills for them. Where it does, --x-daily-budget and --x-monthly-budget have to leave room." default:"0.005" placeholder:"USD"`
	XDailyBudget   float64 `name:"x-daily-budget" help:"What may be spent on posts in a UTC day, in US dollars. 0 for no limit." default:"0" placeholder:"USD"`
	XMonthlyBudget float64 `name:"x-monthly-budget" help:"What may be spent on posts in a UTC month, in US dollars. 0 for no limit." default:"0" placeholder:"USD"`
	XOnBudget      string  `name:"x-on-budget" help:"How a budget is kept: ${enum}. pause reads all posts until it is used up, and none then; sample reads a share of them when they cost too much to last." default:"pause" enum:"pause,sample"`
}

// check returns every mistake, each with the flag and what to do.
func (c XConfig) check() error {
	var errs []error
	whole := func(flag string, n, low, high int) {
		if n < low || n > high {
			errs = append(errs, fmt.Errorf("%s: %d is out of range; give %d to %d", flag, n, low, high))
		}
	}
	whole("--x-rule-length", c.XRuleLength, 1, rule.MaxLengthEnterprise)
	whole("--x-search-query-length", c.XSearchQueryLength, 1, 4096)
	whole("--x-backfill-minutes", c.XBackfillMinutes, 0, xstream.MaxBackfillMinutes)
	dollars := func(flag string, d float64) {
		// Asked for what is right, so that NaN fails too.
		if ok := d >= 0 && !math.IsInf(d, 1); !ok {
			errs = append(errs, fmt.Errorf("%s: %v is no sum of money; give US dollars, 0 or more", flag, d))
		}
	}
	dollars("--x-post-price", c.XPostPrice)
	dollars("--x-daily-budget", c.XDailyBudget)
	dollars("--x-monthly-budget", c.XMonthlyBudget)
	if c.XPostPrice == 0 && (c.XDailyBudget > 0 || c.XMonthlyBudget > 0) {
		errs = append(errs, errors.New("--x-post-price: is 0, so no budget would ever be used up; give the price of a post"))
	}
	return errors.Join(errs...)
}

// checkRules returns what X would refuse about the contest's rules on this plan.
func (c XConfig) checkRules(rules []contest.Rule) error {
	if err := xstream.CheckRules(xRules(rules), c.XRuleLength, c.sampling()); err != nil {
		return fmt.Errorf("--contest: %w", err)
	}
	return nil
}

func (c XConfig) sampling() bool {
	return c.XOnBudget == "sample" && (c.XDailyBudget > 0 || c.XMonthlyBudget > 0)
}

// governor returns who keeps the budgets, from what was billed before this process.
func (c XConfig) governor(before spend.Count, r prometheus.Registerer) *spend.Governor {
	return spend.New(spend.Options{
		PostPrice: c.XPostPrice, Daily: c.XDailyBudget, Monthly: c.XMonthlyBudget, Sampling: c.sampling(),
		Spent: before, Registerer: r, Now: time.Now,
	})
}

// xRules returns the contest's rules as X takes them.
func xRules(rules []contest.Rule) []xstream.Rule {
	out := make([]xstream.Rule, len(rules))
	for i, r := range rules {
		out[i] = xstream.Rule{Value: r.Value, Tag: r.Tag}
	}
	return out
}
