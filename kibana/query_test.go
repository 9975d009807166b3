package kibana

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// clause is a query of the kind that the dashboards keep to: one field, perhaps negated.
type clause struct {
	negated      bool
	field, value string
	operator     string // ":" or ">"
	quoted       bool
}

var kql = regexp.MustCompile(`^(not )?([@A-Za-z_.]+)\s*(:|>)\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_]+))$`)

// parse reads a query, and fails the test on anything that it does not know, rather than pass over a field.
func parse(query savedQuery) (clause, error) {
	m := kql.FindStringSubmatch(query.Query)
	if m == nil || query.Language != "kuery" {
		return clause{}, fmt.Errorf("this test does not read the query %+v", query)
	}
	unescaped := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\t`, "\t", `\r`, "\r", `\n`, "\n").Replace(m[4])
	return clause{negated: m[1] != "", field: m[2], operator: m[3], value: unescaped + m[5], quoted: m[5] == ""}, nil
}

// elasticsearch returns the query that Kibana sends for it.
func (c clause) elasticsearch() map[string]any {
	var q map[string]any
	switch {
	case c.operator == ">":
		q = object("range", object(c.field, object("gt", c.value)))
	case c.quoted:
		q = object("match_phrase", object(c.field, c.value))
	default:
		q = object("match", object(c.field, c.value))
	}
	if c.negated {
		return object("bool", object("must_not", q))
	}
	return object("bool", object("filter", q))
}

func object(key string, value any) map[string]any { return map[string]any{key: value} }

// queries returns every query in a panel: its own, those of its filters and those of its metrics.
func (p savedPanel) queries() []savedQuery {
	var out []savedQuery
	if q := p.EmbeddableConfig.Attributes.State.Query; q.Query != "" {
		out = append(out, q)
	}
	for _, layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
		for _, column := range layer.Columns {
			for _, f := range column.Params.Filters {
				out = append(out, f.Input)
			}
			if column.Filter != nil {
				out = append(out, *column.Filter)
			}
		}
	}
	return out
}

func TestQueriesAreReadAsKibanaReadsThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]clause{
		`teams: "cats"`:                {field: "teams", operator: ":", value: "cats", quoted: true},
		`categories: "a \"b\" \\ c"`:   {field: "categories", operator: ":", value: `a "b" \ c`, quoted: true},
		`not sentiment.label: unknown`: {negated: true, field: "sentiment.label", operator: ":", value: "unknown"},
		`revision > 0`:                 {field: "revision", operator: ">", value: "0"},
	} {
		got, err := parse(savedQuery{text, "kuery"})
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "cats", "a: b and c: d", `a: "b`, "a: *", "not"} {
		if c, err := parse(savedQuery{text, "kuery"}); err == nil {
			t.Errorf("%q is read as %+v", text, c)
		}
	}
}
