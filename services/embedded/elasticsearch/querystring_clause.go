package elasticsearch

import (
	"encoding/json"
	"strings"
)

// clause parses one word, phrase, range or group, with what stands before it.
func (p *lucene) clause(field string, depth int) (query, error) {
	if p.clauses++; p.clauses > maxClauses {
		return nil, p.bad("too many clauses")
	}
	if depth > maxNesting {
		return nil, p.bad("nested too deeply")
	}
	switch {
	case p.take("NOT", "!", "-"):
		q, err := p.clause(field, depth+1)
		return forbidden{q}, err
	case p.take("+"):
		q, err := p.clause(field, depth+1)
		return required{q}, err
	case p.take("("):
		q, err := p.or(field, depth+1)
		if err == nil && !p.take(")") {
			err = p.bad("a closing parenthesis is missing")
		}
		return q, err
	case p.skipSpace() == '"':
		text, err := p.quoted()
		return p.words(field, text, true), err
	case field != "" && strings.ContainsRune("[{<>", p.skipSpace()):
		return p.bounds(field)
	}
	word, isField, err := p.word()
	switch {
	case err != nil:
		return nil, err
	case isField && field != "":
		return nil, p.bad("a field within a field")
	case isField && word == "_exists_":
		name, _, err := p.word()
		return existsQuery{name}, err
	case isField && word == "*":
		return p.clause("", depth+1)
	case isField:
		if next := p.skipSpace(); next == 0 || next == ')' {
			return nil, p.bad("a value is missing after " + word + ":")
		}
		return p.clause(word, depth+1)
	case word == "*" && field == "":
		return matchAll{}, nil
	case word == "*":
		return existsQuery{field}, nil
	}
	return p.words(field, word, false), nil
}

// words is a query for a text in field, or in the default fields.
func (p *lucene) words(field, text string, phrase bool) query {
	fields := []string{field}
	if field == "" {
		fields = p.fields
	}
	if len(fields) == 0 {
		fields = []string{"*"}
	}
	var alternatives boolQuery
	for _, name := range fields {
		alternatives.should = append(alternatives.should, textQuery{field: name, text: text, phrase: phrase, all: p.and, lenient: name == "*" || field == ""})
	}
	if len(alternatives.should) == 1 {
		return alternatives.should[0]
	}
	alternatives.needShould = true
	return alternatives
}

// quoted reads "…", in which \ escapes.
func (p *lucene) quoted() (string, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.rest = p.rest[i+1:]
			return b.String(), p.plainEnd()
		case '\\':
			if i++; i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", p.bad("a closing quote is missing")
}

// word reads up to a space or an operator; isField says that a colon followed, which is consumed.
func (p *lucene) word() (word string, isField bool, err error) {
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\':
			if i++; i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		case c == ':':
			p.rest = p.rest[i+1:]
			if b.Len() == 0 {
				return "", false, p.bad("a colon without a field")
			}
			return b.String(), true, nil
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')':
			p.rest = p.rest[i:]
			return b.String(), false, p.wordEnd(b.String())
		case strings.IndexByte(`?~^"[]{}/`, c) >= 0, c == '*' && !aloneAt(p.rest, i):
			return "", false, p.bad("the character " + string(rune(c)) + " is not supported here by the embedded index, which knows no wildcards within words, fuzziness, boosts or regular expressions; escape it with \\ if it is meant")
		default:
			b.WriteByte(c)
		}
	}
	p.rest = ""
	return b.String(), false, p.wordEnd(b.String())
}

// aloneAt says whether the character at i is a whole word.
func aloneAt(text string, i int) bool {
	return i == 0 && (len(text) == 1 || strings.ContainsAny(text[1:2], " \t\r\n():"))
}

func (p *lucene) wordEnd(word string) error {
	if word == "" {
		return p.bad("a word is missing")
	}
	return nil
}

// plainEnd refuses the ~slop and ^boost that may follow a phrase.
func (p *lucene) plainEnd() error {
	if p.rest != "" && (p.rest[0] == '~' || p.rest[0] == '^') {
		return p.bad("slop and boost are not supported by the embedded index")
	}
	return nil
}

// bounds parses [a TO b], {a TO b}, and >, >=, <, <= before a value.
func (p *lucene) bounds(field string) (query, error) {
	q := rangeQuery{field: field}
	for _, comparison := range []struct {
		sign string
		into *any
	}{{">=", &q.gte}, {"<=", &q.lte}, {">", &q.gt}, {"<", &q.lt}} {
		if p.take(comparison.sign) {
			value, _, err := p.boundary(" \t\r\n()")
			*comparison.into = value
			return q, err
		}
	}
	open := p.take("[")
	if !open && !p.take("{") {
		return nil, p.bad("a range begins with [ or {")
	}
	low, _, err := p.boundary(" \t\r\n")
	if err == nil && !p.take("TO") {
		err = p.bad("TO is missing in a range")
	}
	if err != nil {
		return nil, err
	}
	high, end, err := p.boundary("]}")
	if err != nil {
		return nil, err
	}
	if low != "*" {
		if open {
			q.gte = low
		} else {
			q.gt = low
		}
	}
	if high != "*" {
		if end == ']' {
			q.lte = high
		} else {
			q.lt = high
		}
	}
	return q, nil
}

// boundary reads a value up to one of the characters in ends. A closing bracket is consumed and returned.
func (p *lucene) boundary(ends string) (any, byte, error) {
	if p.skipSpace() == '"' {
		text, err := p.quoted()
		if err == nil && strings.ContainsAny(ends, "]") && !strings.ContainsRune(ends, p.skipSpace()) {
			err = p.bad("a closing bracket is missing")
		}
		end := byte(0)
		if err == nil && strings.ContainsAny(ends, "]") {
			end, p.rest = p.rest[0], p.rest[1:]
		}
		return text, end, err
	}
	at := strings.IndexAny(p.rest, ends)
	if at < 0 && strings.ContainsAny(ends, "]") {
		return nil, 0, p.bad("a closing bracket is missing")
	}
	if at < 0 {
		at = len(p.rest)
	}
	value, end := strings.TrimSpace(p.rest[:at]), byte(0)
	p.rest = p.rest[at:]
	if strings.ContainsAny(ends, "]") {
		end, p.rest = p.rest[0], p.rest[1:]
	}
	if value == "" {
		return nil, 0, p.bad("a bound is missing")
	}
	if number := json.Number(value); isNumber(value) {
		return number, end, nil
	}
	return value, end, nil
}

func isNumber(text string) bool {
	_, ok := fraction(text)
	return ok
}
