package simulator

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"catsvdogs/services/pipeline/rule"
	"catsvdogs/services/simulator/chronicle"
	"catsvdogs/services/simulator/wire"
)

// maxRules is how many rules X's pay-per-use plan has.
const maxRules = 1000

// storedRule is a rule as X keeps it.
type storedRule struct {
	ID    string `json:"id"`
	Value string `json:"value"`
	Tag   string `json:"tag,omitempty"`

	number uint64
	parsed *rule.Rule
}

// ruleSnapshot is a set of rules at one moment; it never changes.
type ruleSnapshot struct {
	stored []storedRule // ascending by number
	asked  *chronicle.Asked
}

// ruleSet holds the rules of the one app there is. A change is made as a whole
// or not at all; readers see one snapshot or the next. Safe for concurrent use.
type ruleSet struct {
	current atomic.Pointer[ruleSnapshot]

	change sync.Mutex // one change at a time
	next   uint64     // id of the next rule
}

// newRuleSet begins the ids at a moment: they look like X's, increase, and
// follow from the start alone.
func newRuleSet(start time.Time) *ruleSet {
	const epoch = 1288834974657
	r := &ruleSet{next: uint64(max(start.UnixMilli()-epoch, 0)) << 22}
	r.current.Store(&ruleSnapshot{asked: chronicle.NewAsked(nil, nil, nil)})
	return r
}

func (r *ruleSet) snapshot() *ruleSnapshot { return r.current.Load() }

func (r *ruleSet) count() int { return len(r.snapshot().stored) }

// store makes stored the current rules.
func (r *ruleSet) store(stored []storedRule) {
	var rules []*rule.Rule
	var matching [][]byte
	var tags []string
	for _, rule := range stored {
		rules = append(rules, rule.parsed)
		matching = append(matching, wire.Rule(rule.ID, rule.Tag))
		tags = append(tags, rule.Tag)
	}
	r.current.Store(&ruleSnapshot{stored: stored, asked: chronicle.NewAsked(rules, matching, tags)})
}

// newRule gives a rule its id. Only with change held.
func (r *ruleSet) newRule(value, tag string, parsed *rule.Rule) storedRule {
	r.next++
	return storedRule{ID: strconv.FormatUint(r.next, 10), Value: value, Tag: tag, number: r.next, parsed: parsed}
}

// byValue finds a rule by its exact text: that is what X takes for a duplicate,
// whatever the tag.
func (s *ruleSnapshot) byValue(value string) (storedRule, bool) {
	i := slices.IndexFunc(s.stored, func(r storedRule) bool { return r.Value == value })
	if i < 0 {
		return storedRule{}, false
	}
	return s.stored[i], true
}

func (s *ruleSnapshot) byID(id string) (storedRule, bool) {
	i := slices.IndexFunc(s.stored, func(r storedRule) bool { return r.ID == id })
	if i < 0 {
		return storedRule{}, false
	}
	return s.stored[i], true
}
