package rule

import (
	"slices"
	"unicode/utf8"
)

const (
	// maxDepth bounds the recursion of parser and matcher; a rule made by hand
	// does not come near it.
	maxDepth = 64

	needsNonNegation = "Rules must contain a non-negation term"
	needsPositive    = "Rules must contain at least one positive, non-stopword clause"
)

// node is one term, or a group of them under AND or OR.
type node struct {
	op       op
	negated  bool
	text     string // folded to lower case
	number   int
	children []node
	offset   int
}

// parser is recursive descent over the tokens. It keeps going after a mistake
// in a term, so that one answer names all of them.
type parser struct {
	value       string
	tokens      []token
	at          int
	details     []Detail
	unsupported int
	broken      bool // the grouping cannot be followed any more
}

func (p *parser) fail(offset int, message string) {
	d := Detail{Message: message, Offset: offset, Position: utf8.RuneCountInString(p.value[:offset]) + 1}
	if !slices.Contains(p.details, d) {
		p.details = append(p.details, d)
	}
}

func (p *parser) failUnsupported(offset int, message string) {
	p.fail(offset, message)
	p.unsupported++
}

func (p *parser) stop(offset int, message string) {
	if !p.broken {
		p.fail(offset, message)
	}
	p.broken = true
}

func (p *parser) err() error {
	if len(p.details) == 0 {
		return nil
	}
	return &SyntaxError{Value: p.value, Details: p.details, unsupportedOnly: p.unsupported == len(p.details)}
}

func (p *parser) peek() (token, bool) {
	if p.at >= len(p.tokens) {
		return token{}, false
	}
	return p.tokens[p.at], true
}

func (p *parser) rule() node {
	if len(p.tokens) == 0 {
		p.fail(0, "Rules must not be empty")
		return node{}
	}
	root := p.alternatives(0)
	if t, more := p.peek(); more {
		p.stop(t.offset, "extraneous input '"+t.text+"'")
	}
	// What a rule must contain is judged only when all of it was understood: a
	// typo would bring further mistakes that are not there.
	if len(p.details) == 0 {
		p.judge(root)
	}
	return root
}

// alternatives = clauses { "OR" clauses }
func (p *parser) alternatives(depth int) node {
	n := node{op: opOr}
	if t, ok := p.peek(); ok {
		n.offset = t.offset
	}
	for {
		n.children = append(n.children, p.clauses(depth))
		t, ok := p.peek()
		if p.broken || !ok || t.kind != tokenOr {
			break
		}
		p.at++
	}
	if len(n.children) == 1 {
		return n.children[0]
	}
	return n
}

// clauses = term { term }
func (p *parser) clauses(depth int) node {
	n := node{op: opAnd}
	for !p.broken {
		t, ok := p.peek()
		if !ok || t.kind == tokenOr || t.kind == tokenClose {
			if len(n.children) == 0 {
				p.missingClause(t, ok)
			}
			break
		}
		if len(n.children) == 0 {
			n.offset = t.offset
		}
		n.children = append(n.children, p.term(depth))
	}
	if len(n.children) == 1 {
		return n.children[0]
	}
	return n
}

func (p *parser) missingClause(t token, ok bool) {
	if !ok {
		p.stop(len(p.value), "missing a clause at '<EOF>'")
		return
	}
	p.stop(t.offset, "missing a clause before '"+t.text+"'")
}

// term = { "-" } ( "(" alternatives ")" | phrase | word )
func (p *parser) term(depth int) node {
	start := p.tokens[p.at].offset
	negated := false
	for {
		t, ok := p.peek()
		if !ok {
			p.stop(len(p.value), "missing a term to negate at '<EOF>'")
			return node{}
		}
		if t.kind != tokenDash {
			break
		}
		// A second dash does not turn the first around: X refuses "--b" for
		// having no positive clause.
		negated = true
		p.at++
	}
	t := p.tokens[p.at]
	p.at++
	n := node{offset: start}
	switch t.kind {
	case tokenOpen:
		return p.group(t, negated, depth)
	case tokenPhrase:
		n = p.phrase(t)
	case tokenWord:
		n = p.word(t)
	default:
		p.stop(t.offset, "missing a term before '"+t.text+"'")
	}
	n.negated, n.offset = negated, start
	p.judgeNegation(n)
	return n
}

func (p *parser) group(open token, negated bool, depth int) node {
	if negated {
		p.fail(open.offset, "Do not negate a set of operators grouped together; negate each of them, as in 'skiing -snow -day'")
	}
	if depth == maxDepth {
		p.stop(open.offset, "Rules must not be nested deeper than 64 groups")
		return node{}
	}
	n := p.alternatives(depth + 1)
	if p.broken {
		return n
	}
	t, ok := p.peek()
	if !ok {
		p.stop(len(p.value), "missing ')' at '<EOF>'")
		return n
	}
	if t.kind == tokenClose {
		p.at++
	}
	return n
}
