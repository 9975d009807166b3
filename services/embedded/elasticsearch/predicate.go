package elasticsearch

import (
	"slices"
	"strings"
)

// predicate says which documents match: by an expression of FTS5 (match) or, where that cannot say it, by a condition of
// SQL on docs d (where, with args). Exactly one is set. scored says that words were asked for, so that some documents
// match better than others.
type predicate struct {
	match  string
	where  string
	args   []any
	scored bool
}

func quoted(token string) string { return `"` + token + `"` }

var (
	everything = predicate{match: quoted(tokenAll)}
	nothing    = predicate{match: quoted(tokenNone)}
)

// sql returns the predicate as a condition on docs d.
func (p predicate) sql() (string, []any) {
	if p.match == "" {
		return p.where, p.args
	}
	return "d.doc IN (SELECT rowid FROM tokens WHERE tokens MATCH ?)", []any{p.match}
}

// combine joins parts with AND or OR.
func combine(operator string, parts []predicate) predicate {
	if len(parts) > 1 && operator == "AND" {
		// "all" has the longest list of documents, and joining it with another gives that other.
		rest := slices.DeleteFunc(slices.Clone(parts), func(p predicate) bool { return p.match == everything.match })
		if len(rest) > 0 {
			parts = rest
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	joined := predicate{scored: slices.ContainsFunc(parts, func(p predicate) bool { return p.scored })}
	var texts []string
	if !slices.ContainsFunc(parts, func(p predicate) bool { return p.match == "" }) {
		for _, p := range parts {
			texts = append(texts, p.match)
		}
		joined.match = "(" + strings.Join(texts, " "+operator+" ") + ")"
		return joined
	}
	for _, p := range parts {
		text, args := p.sql()
		texts, joined.args = append(texts, text), append(joined.args, args...)
	}
	joined.where = "(" + strings.Join(texts, " "+operator+" ") + ")"
	return joined
}

// without returns what matches p and not excluded.
func without(p, excluded predicate) predicate {
	if p.match != "" && excluded.match != "" {
		return predicate{match: "(" + p.match + " NOT " + excluded.match + ")", scored: p.scored}
	}
	left, args := p.sql()
	right, more := excluded.sql()
	return predicate{where: "(" + left + " AND NOT " + right + ")", args: append(slices.Clone(args), more...), scored: p.scored}
}
