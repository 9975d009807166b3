package xstream

import (
	"errors"
	"fmt"
	"slices"

	"catsvdogs/services/pipeline/rule"
)

// maxRules and maxRulesEnterprise are how many rules an account may have, with rules of rule.MaxLength and of
// rule.MaxLengthEnterprise (docs.x.com, "Filtered stream", limits).
const (
	maxRules           = 1_000
	maxRulesEnterprise = 25_000
)

// ruleCap returns how many rules a plan has that takes rules of this length.
func ruleCap(length int) int {
	if length > rule.MaxLength {
		return maxRulesEnterprise
	}
	return maxRules
}

// CheckRules returns everything that X would refuse about the rules, before anything is sent: each rule's length and
// operators, with the position in the rule; their number; a value that is wanted twice. length is how many characters a
// rule may have on the plan. Operators that X has and this program cannot judge are no mistake. sampling leaves room for
// the sample: operator that a budget may add.
func CheckRules(rules []Rule, length int, sampling bool) error {
	var mistakes []error
	if n, most := len(rules), ruleCap(length); n > most {
		mistakes = append(mistakes, fmt.Errorf("there are %d rules, and the plan takes %d", n, most))
	}
	if len(rules) == 0 {
		mistakes = append(mistakes, errors.New("there is no rule, and X refuses a stream without one"))
	}
	tags := make(map[string]string, len(rules))
	for _, r := range rules {
		if other, twice := tags[r.Value]; twice {
			mistakes = append(mistakes, fmt.Errorf("the rule %q is wanted under two tags, %q and %q, and X takes a rule once", r.Value, other, r.Tag))
		}
		tags[r.Value] = r.Tag
		if err := checkRule(r.Value, length, sampling); err != nil {
			mistakes = append(mistakes, fmt.Errorf("the rule tagged %q: %w", r.Tag, err))
		}
	}
	return errors.Join(mistakes...)
}

func checkRule(value string, length int, sampling bool) error {
	if _, err := rule.ParseWithin(value, length); err != nil && !errors.Is(err, rule.ErrUnsupported) {
		return fmt.Errorf("%q: %w", value, err)
	}
	if !sampling {
		return nil
	}
	if slices.Contains(operators(value), "sample") {
		return fmt.Errorf("%q: has a sample: of its own, which --x-on-budget=sample would have to replace; take it out, or pause instead", value)
	}
	if _, err := rule.ParseWithin(sampled(value, thinnest), length); err != nil && !errors.Is(err, rule.ErrUnsupported) {
		return fmt.Errorf("%q: leaves no room for the sample: that --x-on-budget=sample adds: %w", value, err)
	}
	return nil
}
