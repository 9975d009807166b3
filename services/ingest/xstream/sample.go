package xstream

import "fmt"

// thinnest is a share whose operator is as long as any.
const thinnest = 10

// sampled returns the rule that matches a share of what value matches, in percent. X's sample: is decided by the post,
// so several rules take the same posts.
func sampled(value string, percent int) string {
	if percent >= 100 {
		return value
	}
	// Parentheses, because OR binds weaker than the blank.
	return fmt.Sprintf("(%s) sample:%d", value, percent)
}

// sampledRules returns the rules for a share of the posts, under the same tags.
func sampledRules(rules []Rule, percent int) []Rule {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		out[i] = Rule{Value: sampled(r.Value, percent), Tag: r.Tag}
	}
	return out
}
