// Package matching says which rules of a contest a post matches, for sources that match none themselves. It puts the rule
// language (package rule) and the contest file together and owns neither.
package matching

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/pipeline/tweet"
)

// Matcher holds the rules of a contest. It never changes, so it may be used by many goroutines at once.
type Matcher struct{ rules []compiled }

type compiled struct {
	rule *rule.Rule
	as   tweet.MatchedRule
}

// New returns the rules that c sets on a stream. Those of a contest that was loaded from a file parse; the error names
// the one that does not.
func New(c *contest.Contest) (*Matcher, error) {
	m := &Matcher{}
	for _, r := range c.StreamRules() {
		parsed, err := rule.Parse(r.Value)
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.Tag, err)
		}
		// X numbers its rules. These ids follow from the rule alone, so that they are the same wherever and whenever it
		// is judged.
		sum := sha256.Sum256([]byte(r.Value))
		m.rules = append(m.rules, compiled{rule: parsed, as: tweet.MatchedRule{ID: hex.EncodeToString(sum[:8]), Tag: r.Tag}})
	}
	return m, nil
}

// Match returns the rules that p matches, in the order of the contest; nil when it matches none.
func (m *Matcher) Match(p rule.Post) []tweet.MatchedRule {
	var matched []tweet.MatchedRule
	for _, r := range m.rules {
		if r.rule.Match(p) {
			matched = append(matched, r.as)
		}
	}
	return matched
}
