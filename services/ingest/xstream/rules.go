package xstream

import (
	"fmt"
	"slices"
)

// Rule is a rule of the filtered stream. X identifies it by its value; the tag comes back with each post it matches.
type Rule struct {
	ID    string `json:"id,omitempty"` // given by X
	Value string `json:"value"`
	Tag   string `json:"tag,omitempty"`
}

// changes is what turns the account's rules into the wanted ones. Its steps are taken in the order of its fields, so
// that at every moment a post that should match does.
type changes struct {
	add    []Rule // wanted, not there
	retag  []Rule // wanted, there under another tag; ID is that of the old one
	remove []Rule // there, not wanted any more

	foreign []Rule // there, not ours, left alone
}

func (c changes) none() bool { return len(c.add)+len(c.retag)+len(c.remove) == 0 }

// compare finds the changes from the rules that are there to those that are wanted. A rule with one of the wanted tags
// is ours, from an earlier state of the contest; any other is foreign and stays, unless ownAll says that the account
// has no rules but ours.
//
// A tag cannot be changed: X answers that the rule is there already and keeps the old tag. So such a rule is deleted
// and added again, and between the two it does not match.
func compare(want, have []Rule, ownAll bool) (changes, error) {
	var c changes
	there := make(map[string]Rule, len(have))
	for _, r := range have {
		there[r.Value] = r
	}
	values := map[string]string{}
	tags := map[string]bool{}
	for _, r := range want {
		if other, twice := values[r.Value]; twice {
			return changes{}, fmt.Errorf("the rule %q is wanted under two tags, %q and %q, and X takes a rule once",
				r.Value, other, r.Tag)
		}
		values[r.Value], tags[r.Tag] = r.Tag, true
		switch old, found := there[r.Value]; {
		case !found:
			c.add = append(c.add, Rule{Value: r.Value, Tag: r.Tag})
		case old.Tag != r.Tag:
			c.retag = append(c.retag, Rule{ID: old.ID, Value: r.Value, Tag: r.Tag})
		}
	}
	for _, r := range have {
		_, wanted := values[r.Value]
		switch {
		case wanted:
		case ownAll || tags[r.Tag]:
			c.remove = append(c.remove, r)
		default:
			c.foreign = append(c.foreign, r)
		}
	}
	return c, nil
}

// keep takes the rules with these ids out of those to remove, and returns those of them whose tag is not the wanted
// one: X has said that they are what was to be added, written in another way.
func (c *changes) keep(duplicates []Problem) (retag []Rule) {
	for _, d := range duplicates {
		asked := slices.IndexFunc(c.add, func(r Rule) bool { return r.Value == d.Value })
		at := slices.IndexFunc(c.remove, func(r Rule) bool { return r.ID == d.ID })
		if asked < 0 || at < 0 {
			continue
		}
		if old := c.remove[at]; old.Tag != c.add[asked].Tag {
			retag = append(retag, Rule{ID: old.ID, Value: d.Value, Tag: c.add[asked].Tag})
		}
		c.remove = slices.Delete(c.remove, at, at+1)
	}
	return retag
}
