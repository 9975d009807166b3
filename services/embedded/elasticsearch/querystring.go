package elasticsearch

import (
	"strings"
	"unicode"
)

const maxQueryString = 32 << 10 // bytes

// parseQueryString parses the part of Lucene's syntax that people type,
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/query-dsl-query-string-query.html#query-string-syntax:
//
//	cats               a word, in any field
//	"sleepy cat"       words in a row
//	lang:en            a field; field:"a phrase", field:(a OR b), field:*
//	likes:>=10         bounds; [1 TO 5], {1 TO *}, dates as well
//	_exists_:media
//	a AND (b OR NOT c) && || ! +a -b and *
//
// Words without a field are looked for in fields, or everywhere if there are none. Between words without an operator
// stands operator, OR if it is empty. Wildcards within words, fuzziness and boosts are refused.
func parseQueryString(text string, fields []string, operator string) (query, error) {
	if len(text) > maxQueryString {
		return nil, badArgument("the query string is longer than %d bytes", maxQueryString)
	}
	switch strings.ToUpper(operator) {
	case "", "OR", "AND":
	default:
		return nil, badArgument("the default operator [%s] is neither AND nor OR", operator)
	}
	p := &lucene{rest: text, whole: text, and: strings.EqualFold(operator, "and"), fields: fields}
	if strings.TrimSpace(text) == "" {
		return matchNone{}, nil
	}
	q, err := p.or("", 0)
	if err == nil && p.skipSpace() != 0 {
		err = p.bad("unexpected " + p.rest[:1])
	}
	return q, err
}

// lucene is a recursive-descent parser over what is left of the text.
type lucene struct {
	rest, whole string
	and         bool
	fields      []string
	clauses     int
}

func (p *lucene) bad(why string) error {
	f := malformed("Failed to parse query [%s]: %s", p.whole[:min(len(p.whole), 200)], why)
	f.kind = "query_shard_exception"
	return f
}

// skipSpace returns the next character, 0 at the end.
func (p *lucene) skipSpace() rune {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	for _, r := range p.rest {
		return r
	}
	return 0
}

// take consumes an operator if it comes next; words must end there.
func (p *lucene) take(operators ...string) bool {
	p.skipSpace()
	for _, operator := range operators {
		rest, ok := strings.CutPrefix(p.rest, operator)
		isWord := operator[0] >= 'A' && operator[0] <= 'Z'
		if ok && (!isWord || rest == "" || strings.ContainsAny(rest[:1], " \t\r\n()")) {
			p.rest = rest
			return true
		}
	}
	return false
}

// or parses alternatives; field is that of an enclosing field:( … ).
func (p *lucene) or(field string, depth int) (query, error) {
	if depth > maxNesting {
		return nil, p.bad("nested too deeply")
	}
	var alternatives []query
	anyAnd := false
	for {
		q, and, err := p.conjunction(field, depth)
		if err != nil {
			return nil, err
		}
		alternatives, anyAnd = append(alternatives, q), anyAnd || and
		explicit := p.take("OR", "||")
		if next := p.skipSpace(); next == 0 || next == ')' {
			if explicit {
				return nil, p.bad("something is missing after OR")
			}
			break
		}
	}
	if len(alternatives) == 1 {
		return alternatives[0], nil
	}
	if anyAnd {
		// Lucene has no precedence there: its AND makes the clauses on both sides required and leaves the others to choice.
		return nil, p.bad("AND beside OR or beside other words needs parentheses here")
	}
	return mixed(alternatives, false), nil
}

// mixed joins clauses that stand side by side. Lucene takes a +clause as required, a -clause as forbidden and the others as
// alternatives; with all, they are required too.
func mixed(clauses []query, all bool) query {
	var q boolQuery
	for _, clause := range clauses {
		switch c := clause.(type) {
		case required:
			q.must = append(q.must, c.query)
		case forbidden:
			q.mustNot = append(q.mustNot, c.query)
		default:
			if all {
				q.must = append(q.must, c)
			} else {
				q.should = append(q.should, c)
			}
		}
	}
	q.needShould = len(q.must) == 0 && len(q.should) > 0
	return q
}

// required and forbidden mark +clause and -clause until their neighbours are known.
type (
	required  struct{ query }
	forbidden struct{ query }
)

func (f forbidden) compile(c *compiler) (predicate, error) {
	return boolQuery{mustNot: []query{f.query}}.compile(c)
}

// conjunction parses clauses joined by AND, and, where that is the default, side by side.
func (p *lucene) conjunction(field string, depth int) (q query, and bool, err error) {
	first, err := p.clause(field, depth)
	if err != nil {
		return nil, false, err
	}
	all := []query{first}
	for {
		explicit := p.take("AND", "&&")
		next := p.skipSpace()
		if !explicit && (!p.and || next == 0 || next == ')' || p.comesOr()) {
			break
		}
		q, err := p.clause(field, depth)
		if err != nil {
			return nil, false, err
		}
		all, and = append(all, q), and || explicit
	}
	if len(all) == 1 {
		return first, false, nil
	}
	return mixed(all, true), and, nil
}

func (p *lucene) comesOr() bool {
	before := p.rest
	found := p.take("OR", "||")
	p.rest = before
	return found
}
