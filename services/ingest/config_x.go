package ingest

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"catsvdogs/services/ingest/xstream"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/spend"
)

// XConfig is what ingest can be told about the plan of an X account, and what it may spend.
type XConfig struct {
	XRuleLength        int `name:"x-rule-length" help:"Characters that a stream rule may have on the plan: 1024, or 2048 on enterprise plans." default:"1024" placeholder:"N"`
	XSearchQueryLength int `name:"x-search-query-length" help:"Characters that a search may have on the plan: 512, or 4096 on enterprise plans. Missed posts of longer rules cannot be searched for." default:"512" placeholder:"N"`
	XBackfillMinutes   int `name:"x-backfill-minutes" help:"Minutes that X sends again after a short gap, up to 5, on plans that have backfill. 0 for none: missed posts are searched for." default:"0" placeholder:"N"`

	Budget spend.Config `embed:""`

	XOnBudget string `name:"x-on-budget" help:"How a budget is kept: ${enum}. pause reads all posts until it is used up, and none then; sample reads a share of them when they cost too much to last." default:"pause" enum:"pause,sample"`
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
	errs = append(errs, c.Budget.Check())
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
	return c.XOnBudget == "sample" && c.Budget.Limited()
}

// governor returns who keeps the budgets, from what was billed before this process.
func (c XConfig) governor(before spend.Count, r prometheus.Registerer) *spend.Governor {
	return spend.New(spend.Options{
		Service: "ingest", PostPrice: c.Budget.XPostPrice, Daily: c.Budget.XDailyBudget, Monthly: c.Budget.XMonthlyBudget, Sampling: c.sampling(),
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
