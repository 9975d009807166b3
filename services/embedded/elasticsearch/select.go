package elasticsearch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// plan compiles q for every index in scope, once per mapping and filter, and restricts it to them.
func (c *catalog) plan(scopes []scope, q query, now time.Time) (predicate, error) {
	groups := map[string][]scope{}
	for _, s := range scopes {
		key := s.index.definition + "\n" + string(s.filter)
		groups[key] = append(groups[key], s)
	}
	var parts []predicate
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		compiler := &compiler{mapping: group[0].index.mapping, fields: c.fields, now: now}
		p, err := q.compile(compiler)
		if err != nil {
			return predicate{}, err
		}
		all := []predicate{p}
		if filter := group[0].filter; filter != nil {
			node, err := parseQuery(filter)
			if err != nil {
				return predicate{}, err
			}
			f, err := node.compile(compiler)
			if err != nil {
				return predicate{}, err
			}
			f.scored = false
			all = append(all, f)
		}
		parts = append(parts, combine("AND", slices.Insert(all, 0, within(group, combine("AND", all)))))
	}
	if len(parts) == 0 {
		return nothing, nil
	}
	return combine("OR", parts), nil
}

// within restricts a condition to the indices of group. Beside a condition of SQL it is a test of each document that the
// condition finds: the list of all documents of an index is as long as the index, however few are asked for.
func within(group []scope, rest predicate) predicate {
	if rest.match == "" {
		p := predicate{where: "+d.idx IN (?" + strings.Repeat(",?", len(group)-1) + ")"} // +: not to be searched by
		for _, s := range group {
			p.args = append(p.args, s.index.id)
		}
		return p
	}
	tokens := make([]predicate, len(group))
	for i, s := range group {
		tokens[i] = predicate{match: quoted(indexToken(s.index.id))}
	}
	return combine("OR", tokens)
}

// countMatches returns how many documents match.
func (s *store) countMatches(ctx context.Context, p predicate) (int64, error) {
	text, args := "SELECT count(*) FROM tokens WHERE tokens MATCH ?", []any{p.match}
	if p.match == "" {
		text, args = "SELECT count(*) FROM docs d WHERE d.source IS NOT NULL AND "+p.where, p.args
	}
	var n int64
	if err := s.read.QueryRowContext(ctx, text, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}

// row is a document that matches.
type row struct {
	index  int64
	id     string
	source []byte
	score  float64
	sort   []any
}

// selectMatches returns the documents that match from from, at most size. Without orders those with the rarest words
// come first if words were asked for (BM25), otherwise they come in order of arrival; documents without a value to sort by come last.
func (s *store) selectMatches(ctx context.Context, p predicate, orders []order, from, size int) ([]row, error) {
	condition, conditionArgs := p.sql()
	columns, joins, by, args := "", "", []string{}, []any{}
	score := "1.0"
	if p.scored && p.match != "" && len(orders) == 0 {
		score = "-t.rank"
		joins, condition = " JOIN tokens t ON t.rowid = d.doc", "t.tokens MATCH ?"
		by = append(by, "t.rank")
	}
	for i, o := range orders {
		value := "d.doc"
		pick := "min"
		if o.descending {
			pick = "max"
		}
		switch {
		case o.number != 0:
			value = fmt.Sprintf("s%d.v", i)
			joins += fmt.Sprintf(" LEFT JOIN (SELECT doc, %s(value) AS v FROM numbers WHERE field=? GROUP BY doc) s%d ON s%d.doc = d.doc", pick, i, i)
			args = append(args, o.number)
		case o.jsonPath != "":
			value = "(SELECT " + pick + "(value) FROM json_each(d.source, '" + o.jsonPath + "'))"
		}
		columns += ", " + value
		by = append(by, value+" IS NULL", value+map[bool]string{true: " DESC", false: " ASC"}[o.descending])
	}
	text := "SELECT d.idx, d.id, d.source, " + score + columns + " FROM docs d" + joins + " WHERE d.source IS NOT NULL AND " + condition +
		" ORDER BY " + strings.Join(append(by, "d.doc"), ", ") + " LIMIT ? OFFSET ?"
	args = append(append(args, conditionArgs...), size, from)
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	found := []row{}
	for rows.Next() {
		r := row{sort: make([]any, len(orders))}
		into := []any{&r.index, &r.id, &r.source, &r.score}
		for i := range orders {
			into = append(into, &r.sort[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// eachMatch visits every document that matches.
func (s *store) eachMatch(ctx context.Context, p predicate, visit func(index int64, source []byte) error) error {
	condition, args := p.sql()
	rows, err := s.read.QueryContext(ctx, "SELECT d.idx, d.source FROM docs d WHERE d.source IS NOT NULL AND "+condition, args...)
	if err != nil {
		return fmt.Errorf("read matches: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		var index int64
		var source []byte
		if err := rows.Scan(&index, &source); err != nil {
			return fmt.Errorf("read matches: %w", err)
		}
		if err := visit(index, source); err != nil {
			return err
		}
	}
	return rows.Err()
}
