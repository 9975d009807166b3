package xstream

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"catsvdogs/services/pipeline/xapi"
)

// Rule is a rule of the filtered stream. X identifies it by its value; the tag comes back with each post it matches.
type Rule struct {
	ID    string `json:"id,omitempty"` // given by X
	Value string `json:"value"`
	Tag   string `json:"tag,omitempty"`
}

// Changes is what turns the account's rules into the wanted ones. Its steps are taken in the order of its fields, so
// that at every moment a post that should match does.
type Changes struct {
	Add    []Rule // wanted, not there
	Retag  []Rule // wanted, there under another tag; ID is that of the old one
	Remove []Rule // there, not wanted any more

	Foreign []Rule // there, not ours, left alone
}

func (c Changes) none() bool { return len(c.Add)+len(c.Retag)+len(c.Remove) == 0 }

// String lists the changes, a line each.
func (c Changes) String() string {
	var b strings.Builder
	for _, step := range []struct {
		what  string
		rules []Rule
	}{{"add", c.Add}, {"retag", c.Retag}, {"remove", c.Remove}, {"foreign, left alone", c.Foreign}} {
		for _, r := range step.rules {
			fmt.Fprintf(&b, "%s: %q tagged %q\n", step.what, r.Value, r.Tag)
		}
	}
	if c.none() {
		b.WriteString("the rules are as they are wanted\n")
	}
	return b.String()
}

// compare finds the changes from the rules that are there to those that are wanted. A rule with one of the wanted tags
// is ours, from an earlier state of the contest; any other is foreign and stays, unless ownAll says that the account
// has no rules but ours.
//
// A tag cannot be changed: X answers that the rule is there already and keeps the old tag. So such a rule is deleted
// and added again.
func compare(want, have []Rule, ownAll bool) (Changes, error) {
	var c Changes
	there := make(map[string]Rule, len(have))
	for _, r := range have {
		there[r.Value] = r
	}
	values := map[string]string{}
	tags := map[string]bool{}
	for _, r := range want {
		if other, twice := values[r.Value]; twice {
			return Changes{}, fmt.Errorf("the rule %q is wanted under two tags, %q and %q, and X takes a rule once",
				r.Value, other, r.Tag)
		}
		values[r.Value], tags[r.Tag] = r.Tag, true
		switch old, found := there[r.Value]; {
		case !found:
			c.Add = append(c.Add, Rule{Value: r.Value, Tag: r.Tag})
		case old.Tag != r.Tag:
			c.Retag = append(c.Retag, Rule{ID: old.ID, Value: r.Value, Tag: r.Tag})
		}
	}
	for _, r := range have {
		_, wanted := values[r.Value]
		switch {
		case wanted:
		case ownAll || tags[r.Tag]:
			c.Remove = append(c.Remove, r)
		default:
			c.Foreign = append(c.Foreign, r)
		}
	}
	return c, nil
}

// keep takes the rules with these ids out of those to add and to remove, notes their ids, and returns those of them
// whose tag is not the wanted one: X has said that they are what was to be added, written in another way.
func (c *Changes) keep(duplicates []xapi.Problem, ids map[string]string) (retag []Rule) {
	for _, d := range duplicates {
		asked := slices.IndexFunc(c.Add, func(r Rule) bool { return r.Value == d.Value })
		if asked < 0 {
			continue // a stand-in
		}
		tag := c.Add[asked].Tag
		ids[d.Value] = d.ID
		c.Add = slices.Delete(c.Add, asked, asked+1)
		at := slices.IndexFunc(c.Remove, func(r Rule) bool { return r.ID == d.ID })
		if at < 0 {
			continue
		}
		if old := c.Remove[at]; old.Tag != tag {
			retag = append(retag, Rule{ID: old.ID, Value: d.Value, Tag: tag})
		}
		c.Remove = slices.Delete(c.Remove, at, at+1)
	}
	return retag
}

// standIns returns rules that match what those to be retagged match, under the new tags, to be there between their
// deletion and their addition. X tells rules apart by their text, so redundant parentheses make another one; should it
// come to see through them, the stand-in is refused as a duplicate and the rule is missing for the moment between two
// requests. Without room on the account there are none.
func (c *Changes) standIns(length, room int) []Rule {
	if len(c.Add)+len(c.Retag) > room {
		return nil
	}
	var out []Rule
	for _, r := range c.Retag {
		if value := "(" + r.Value + ")"; utf8.RuneCountInString(value) <= length {
			out = append(out, Rule{Value: value, Tag: r.Tag})
		}
	}
	return out
}
