package elasticsearch

import (
	"strings"
	"time"
)

// compiler turns queries into predicates for indices with one mapping.
type compiler struct {
	mapping *field
	fields  map[string]int64
	now     time.Time
}

func (matchAll) compile(*compiler) (predicate, error) { return everything, nil }

func (matchNone) compile(*compiler) (predicate, error) { return nothing, nil }

func (q idsQuery) compile(*compiler) (predicate, error) {
	if len(q.values) == 0 {
		return nothing, nil
	}
	if len(q.values) > maxClauses {
		return predicate{}, badArgument("[ids] has more than %d values", maxClauses)
	}
	// The indices are listed so that each id is looked up in each, and not each document among the ids.
	p := predicate{where: "d.doc IN (SELECT doc FROM docs WHERE idx IN (SELECT id FROM indices) AND id IN (?" + strings.Repeat(",?", len(q.values)-1) + "))"}
	for _, id := range q.values {
		p.args = append(p.args, id)
	}
	return p, nil
}

func (q boolQuery) compile(c *compiler) (predicate, error) {
	compiled := func(nodes []query) ([]predicate, error) {
		parts := make([]predicate, len(nodes))
		for i, node := range nodes {
			p, err := node.compile(c)
			if err != nil {
				return nil, err
			}
			parts[i] = p
		}
		return parts, nil
	}
	must, err := compiled(q.must)
	if err != nil {
		return predicate{}, err
	}
	should, err := compiled(q.should)
	if err != nil {
		return predicate{}, err
	}
	mustNot, err := compiled(q.mustNot)
	if err != nil {
		return predicate{}, err
	}
	if q.needShould {
		must = append(must, combine("OR", should))
	}
	all := everything
	if len(must) > 0 {
		all = combine("AND", must)
	}
	if len(mustNot) > 0 {
		all = without(all, combine("OR", mustNot))
	}
	return all, nil
}

// find returns the field and its number; ok is false if no document can have a value there.
func (c *compiler) find(path string) (f *field, number int64, ok bool) {
	f = c.mapping.at(path)
	if f == nil {
		return nil, 0, false
	}
	number, ok = c.fields[path]
	return f, number, ok || f.kind == "object"
}

func (q existsQuery) compile(c *compiler) (predicate, error) {
	f, number, ok := c.find(q.field)
	if !ok {
		return nothing, nil
	}
	var parts []predicate
	f.leaves(q.field, func(path string, _ *field) {
		if id, known := c.fields[path]; known {
			parts = append(parts, predicate{match: quoted(existsToken(id))})
		}
	})
	if f.kind != "object" {
		parts = []predicate{{match: quoted(existsToken(number))}}
	}
	if len(parts) == 0 {
		return nothing, nil
	}
	return combine("OR", parts), nil
}
