package elasticsearch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (q termQuery) compile(c *compiler) (predicate, error) {
	if q.field == "_id" {
		ids := idsQuery{}
		for _, value := range q.values {
			id, _ := plain(value)
			ids.values = append(ids.values, id)
		}
		return ids.compile(c)
	}
	f, number, ok := c.find(q.field)
	if !ok || f.kind == "object" || len(q.values) == 0 {
		return nothing, nil
	}
	if f.unindexed {
		return q.impossible("Cannot search on field [%s] since it is not indexed.", q.field)
	}
	var parts []predicate
	var numbers []any
	for _, value := range q.values {
		text, _ := plain(value)
		switch f.kind {
		case "keyword":
			parts = append(parts, predicate{match: quoted(exactToken(number, text))})
		case "text":
			parts = append(parts, predicate{match: quoted(wordToken(number, text)), scored: true})
		case "boolean":
			if text, ok = boolean(value); !ok {
				return q.impossible("Can't parse boolean value [%s], expected [true] or [false]", text)
			}
			parts = append(parts, predicate{match: quoted(exactToken(number, text))})
		case "date":
			p, err := rangeQuery{field: q.field, gte: value, lte: value}.compile(c)
			if err != nil {
				return q.impossible("%s", err)
			}
			parts = append(parts, p)
		default:
			exact, ok := fraction(value)
			if f.isWhole() && ok && exact.(float64) == float64(int64(exact.(float64))) {
				exact, ok = whole("long", value)
			}
			if !ok {
				return q.impossible("For input string: \"%s\"", text)
			}
			numbers = append(numbers, exact)
		}
	}
	if len(numbers) > 0 {
		parts = append(parts, predicate{
			where: "d.doc IN (SELECT doc FROM numbers WHERE field=? AND value IN (?" + strings.Repeat(",?", len(numbers)-1) + "))",
			args:  append([]any{number}, numbers...),
		})
	}
	return combine("OR", parts), nil
}

// impossible is the answer to a value that the field cannot have.
func (q termQuery) impossible(format string, args ...any) (predicate, error) {
	if q.lenient {
		return nothing, nil
	}
	return predicate{}, fail(http.StatusBadRequest, "query_shard_exception", "failed to create query: "+format, args...)
}

func (q textQuery) compile(c *compiler) (predicate, error) {
	if strings.Contains(q.field, "*") {
		var parts []predicate
		var failed error
		c.mapping.leaves("", func(path string, f *field) {
			if !wildcard(q.field, path) || f.unindexed {
				return
			}
			one := q
			one.field, one.lenient = path, true
			p, err := one.compile(c)
			if err != nil {
				failed = err
			} else if p.match != nothing.match {
				parts = append(parts, p)
			}
		})
		if len(parts) == 0 || failed != nil {
			return nothing, failed
		}
		slices.SortFunc(parts, func(a, b predicate) int { return strings.Compare(a.match, b.match) })
		return combine("OR", parts), nil
	}
	f, number, ok := c.find(q.field)
	if q.field == "_id" || ok && f.kind != "text" {
		return termQuery{field: q.field, values: []any{q.text}, lenient: q.lenient}.compile(c)
	}
	if !ok {
		return nothing, nil
	}
	var found []string
	for _, word := range words(q.text) {
		found = append(found, wordToken(number, word))
	}
	if len(found) > maxClauses {
		return predicate{}, badArgument("the text to match has more than %d words", maxClauses)
	}
	if len(found) == 0 {
		return nothing, nil
	}
	operator := `" OR "`
	if q.all {
		operator = `" AND "`
	}
	if q.phrase {
		operator = " "
	}
	return predicate{match: "(" + quoted(strings.Join(found, operator)) + ")", scored: true}, nil
}

func (q rangeQuery) compile(c *compiler) (predicate, error) {
	f, number, ok := c.find(q.field)
	if !ok {
		return nothing, nil
	}
	if !f.isOrdered() {
		return predicate{}, unsupported("[range] on field ["+q.field+"] of type ["+f.kind+"]", "[range] on numbers and dates")
	}
	p := predicate{where: "d.doc IN (SELECT doc FROM numbers WHERE field=?", args: []any{number}}
	for _, bound := range []struct {
		sign    string
		value   any
		roundUp bool
	}{{">", q.gt, true}, {">=", q.gte, false}, {"<", q.lt, false}, {"<=", q.lte, true}} {
		if bound.value == nil {
			continue
		}
		value, ok := q.bound(f, bound.value, bound.roundUp, c.now)
		if !ok {
			return predicate{}, fail(http.StatusBadRequest, "parse_exception", "failed to parse [%s] as a bound of field [%s] of type [%s]", preview(bound.value), q.field, f.kind)
		}
		p.where += fmt.Sprintf(" AND value%s?", bound.sign)
		p.args = append(p.args, value)
	}
	p.where += ")"
	return p, nil
}

func (q rangeQuery) bound(f *field, value any, roundUp bool, now time.Time) (any, bool) {
	text, ok := plain(value)
	if !ok {
		return nil, false
	}
	if f.kind != "date" {
		if n, ok := json.Number(text), isNumber(text); ok {
			if i, err := n.Int64(); err == nil {
				return i, true
			}
		}
		return fraction(value)
	}
	format := q.format
	if format == "" {
		format = f.format
	}
	return orNil(dateMath(text, format, roundUp, now))
}
