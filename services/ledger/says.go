package ledger

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"catsvdogs/services/ledger/account"
)

// words are what a document says, each field in a spelling of its own; "" is nothing to compare.
type words [account.Headers + 1]string

// digests are those of the words.
func (w *words) digests() (s account.Said) {
	for i, said := range w {
		if said == "" {
			continue
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(said)) // it never fails
		s[i] = max(1, h.Sum32())
	}
	return s
}

func quoted(said string) string { return strconv.Quote(said) }

func moment(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func list(said []string) string { return fmt.Sprintf("%q", said) }

// set is a list whose order does not count.
func set(said []string) string { return list(slices.Compact(slices.Sorted(slices.Values(said)))) }

// once leaves out of a list what is empty or was there before.
func once(all []string) (some []string) {
	for _, one := range all {
		if one != "" && !slices.Contains(some, one) {
			some = append(some, one)
		}
	}
	return some
}

// counted is counts in the order of their names.
func counted(counts map[string]int64) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%s %d ", name, counts[name])
	}
	return b.String()
}

// rule is a matched rule.
type rule struct{ id, tag string }

func ruled(rules []rule) string { return fmt.Sprintf("%q", rules) }

func tagsOf(rules []rule) (tags []string) {
	for _, r := range rules {
		tags = append(tags, r.tag)
	}
	return once(tags)
}

// teams are those that posts of these tags count for; "" without a contest, or with a tag of another one.
func (c *contest) teams(tags []string) string {
	if c == nil {
		return ""
	}
	var teams []string
	for _, tag := range tags {
		team, known := c.team[tag]
		if !known {
			return ""
		}
		teams = append(teams, team)
	}
	return set(teams)
}

func (c *contest) popular(counts map[string]int64) string {
	if c == nil {
		return ""
	}
	return strconv.FormatFloat(c.popularity(counts), 'f', 4, 64)
}

// object is a JSON object, of which names are exactly names, and of two members of one name the last one counts.
type object map[string]json.RawMessage

// read reads the members that are there into what their pointers point to. It says false for one that is of another type: what
// the pipeline makes of such a line is for the pipeline to say.
func (o object) read(into map[string]any) bool {
	for name, to := range into {
		value, ok := o[name]
		if ok && string(value) != "null" && json.Unmarshal(value, to) != nil {
			return false
		}
	}
	return true
}
