package rule

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	// MaxLength is how many characters a rule may have on X's pay-per-use plan.
	MaxLength = 1024
	// MaxLengthEnterprise is the same for the Enterprise plan.
	MaxLengthEnterprise = 2048
)

// Rule is a parsed rule. It never changes, so it may be used by many
// goroutines at once.
type Rule struct {
	value    string
	root     node
	hashtags []string
}

// Parse reads a rule of at most [MaxLength] characters. The error is a
// [*SyntaxError].
func Parse(value string) (*Rule, error) {
	return ParseWithin(value, MaxLength)
}

// ParseWithin is [Parse] with another bound on the number of characters.
func ParseWithin(value string, maxCharacters int) (*Rule, error) {
	p := parser{value: value}
	// Before anything else: a text of unknown size is not worth reading.
	if n := utf8.RuneCountInString(value); n > maxCharacters {
		p.fail(0, fmt.Sprintf("Rules must be at most %d characters long, this one has %d", maxCharacters, n))
		return nil, p.err()
	}
	if !utf8.ValidString(value) {
		p.fail(0, "Rules must be valid UTF-8")
		return nil, p.err()
	}
	p.tokens = lex(value)
	root := p.rule()
	if err := p.err(); err != nil {
		return nil, err
	}
	return &Rule{value: value, root: root, hashtags: positiveHashtags(root, nil)}, nil
}

// String gives the rule as it was written.
func (r *Rule) String() string { return r.value }

// Hashtags gives the hashtags that the rule asks for (negated ones left out),
// lower case, without '#', each once, in the order they were written.
func (r *Rule) Hashtags() []string { return slices.Clone(r.hashtags) }

// Match says whether the stream would deliver the post for this rule. It does
// not allocate.
func (r *Rule) Match(p Post) bool { return r.root.match(&p) }

func positiveHashtags(n node, into []string) []string {
	if n.op == opHashtag && !n.negated && !slices.Contains(into, n.text) {
		into = append(into, n.text)
	}
	for _, c := range n.children {
		into = positiveHashtags(c, into)
	}
	return into
}
