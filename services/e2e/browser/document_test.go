package browser

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"
)

// at is the object at the end of the path.
func (d document) at(path ...string) document {
	for _, name := range path {
		switch inner := d[name].(type) {
		case document:
			d = inner
		case map[string]any:
			d = inner
		default:
			panic("no object called " + name)
		}
	}
	return d
}

func (d document) clone(t *testing.T) document {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var c document
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// views are the two versions of every count: with promotional posts and without.
func (d document) views() []document { return []document{d, d.at("organic")} }

// moved makes the state one of now: its trace ends there.
func (d document) moved(now time.Time) document {
	then, err := time.Parse(time.RFC3339, d["now"].(string))
	if err != nil {
		panic(err)
	}
	const layout = "2006-01-02T15:04:05.000Z"
	d["now"] = now.Format(layout)
	d["newest_post"] = now.Add(-300 * time.Millisecond).Format(layout)
	d["day"] = now.Format(time.DateOnly)
	shift := now.Unix() - then.Unix()
	for _, v := range d.views() {
		for team, seconds := range v.at("trace") {
			moved := document{}
			for s, n := range seconds.(map[string]any) {
				moved[unix(s, shift)] = n
			}
			v.at("trace")[team] = moved
		}
	}
	return d
}

func (d document) teams() []string {
	ids := []string{}
	for _, team := range d.at("contest")["teams"].([]any) {
		ids = append(ids, team.(map[string]any)["id"].(string))
	}
	return ids
}

func sortedKeys(d document) []string { return slices.Sorted(maps.Keys(d)) }

func asInt(n any) int64 {
	switch n := n.(type) {
	case float64:
		return int64(n)
	case int64:
		return n
	case int:
		return int64(n)
	}
	panic("no number")
}
