package xstream

import (
	"context"
	"fmt"
)

// Plan reads the account's rules and returns what Run would change about them, changing nothing. It checks the rules as
// Run does; errors of requests are *Failure. Of o it uses URL, Token, Rules, OwnAllRules, RuleLength, Logger and Dial.
func Plan(ctx context.Context, o Options) (Changes, error) {
	o.fillInLengths()
	if err := CheckRules(o.Rules, o.RuleLength, false); err != nil {
		return Changes{}, fmt.Errorf("check the rules: %w", err)
	}
	c := o.client()
	have, err := c.listRules(ctx, o.RuleLength)
	if err != nil {
		return Changes{}, err
	}
	for i := range have {
		have[i].Value, have[i].Tag = c.Hide(have[i].Value), c.Hide(have[i].Tag)
	}
	return compare(o.Rules, have, o.OwnAllRules)
}
