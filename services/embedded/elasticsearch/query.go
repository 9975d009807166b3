package elasticsearch

import (
	"encoding/json"
	"net/http"
	"strings"
)

const (
	knownQueries = "match_all, match_none, ids, term, terms, match, match_phrase, query_string, simple_query_string, range, bool and exists"
	maxClauses   = 1024 // indices.query.bool.max_clause_count
	maxNesting   = 30   // indices.query.bool.max_nested_depth
)

// query is a node of the query language, parsed but not yet seen in the light of a mapping.
type query interface {
	compile(*compiler) (predicate, error)
}

type (
	matchAll  struct{}
	matchNone struct{}
	idsQuery  struct{ values []string }
	// termQuery matches documents with one of the exact values.
	termQuery struct {
		field  string
		values []any // string, json.Number or bool
		// lenient: a value that the field's type cannot have matches nothing instead of being an error.
		lenient bool
	}
	// textQuery matches words: any, all of them, or all in a row.
	textQuery struct {
		field   string // "*" is every field
		text    string
		all     bool
		phrase  bool
		lenient bool
	}
	rangeQuery struct {
		field            string
		gt, gte, lt, lte any
		format           string
	}
	existsQuery struct{ field string }
	boolQuery   struct {
		must, should, mustNot []query // filter is in must: nothing here depends on the difference
		needShould            bool
	}
)

// parseQuery parses the query of a body, https://www.elastic.co/guide/en/elasticsearch/reference/8.19/query-dsl.html.
// What is not known is refused by name.
func parseQuery(text json.RawMessage) (query, error) {
	clauses := 0
	return parseNode(text, 0, &clauses)
}

func parseNode(text json.RawMessage, depth int, clauses *int) (query, error) {
	if *clauses++; depth > maxNesting || *clauses > maxClauses {
		return nil, badArgument("the query has more than %d clauses or is nested deeper than %d", maxClauses, maxNesting)
	}
	kind, body, err := single(text, "query")
	if err != nil {
		return nil, err
	}
	switch kind {
	case "match_all", "match_none":
		var none struct{}
		if err := decodeStrict(body, &none); err != nil {
			return nil, err
		}
		if kind == "match_none" {
			return matchNone{}, nil
		}
		return matchAll{}, nil
	case "ids":
		var q struct {
			Values []string `json:"values"`
		}
		err := decodeStrict(body, &q)
		return idsQuery{q.Values}, err
	case "term", "terms":
		return parseTerm(kind, body)
	case "match", "match_phrase":
		return parseMatch(kind, body)
	case "query_string", "simple_query_string":
		var q struct {
			Query           string   `json:"query"`
			Fields          []string `json:"fields"`
			DefaultField    string   `json:"default_field"`
			DefaultOperator string   `json:"default_operator"`
		}
		if err := decodeStrict(body, &q); err != nil {
			return nil, err
		}
		return parseQueryString(q.Query, append(q.Fields, splitNonEmpty(q.DefaultField)...), q.DefaultOperator)
	case "range":
		return parseRange(body)
	case "exists":
		var q struct {
			Field string `json:"field"`
		}
		err := decodeStrict(body, &q)
		return existsQuery{q.Field}, err
	case "bool":
		return parseBool(body, depth, clauses)
	}
	return nil, unsupported("query ["+kind+"]", knownQueries)
}

// single takes {"kind": body} apart.
func single(text json.RawMessage, what string) (kind string, body json.RawMessage, err error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || len(object) != 1 {
		return "", nil, malformed("[%s] malformed, expected an object with one key", what)
	}
	for kind, body = range object {
	}
	return kind, body, nil
}

func malformed(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "parsing_exception", format, args...)
}

func splitNonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
