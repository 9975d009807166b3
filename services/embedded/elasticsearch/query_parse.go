package elasticsearch

import (
	"encoding/json"
	"strings"
)

func parseTerm(kind string, body json.RawMessage) (query, error) {
	field, text, err := single(body, kind)
	if err != nil {
		return nil, err
	}
	q := termQuery{field: field}
	var value any
	if err := decodeStrict(text, &value); err != nil {
		return nil, err
	}
	list, isList := value.([]any)
	switch object, isObject := value.(map[string]any); {
	case kind == "terms":
		if !isList {
			return nil, unsupported("[terms] without a list of values", "lists")
		}
		if len(list) > maxClauses {
			return nil, badArgument("[terms] has more than %d values", maxClauses)
		}
		q.values = list
	case isObject:
		given, ok := object["value"]
		if !ok || len(object) != 1 {
			return nil, unsupported("[term] with other keys than value", "value")
		}
		q.values = []any{given}
	default:
		q.values = []any{value}
	}
	for _, v := range q.values {
		if _, ok := plain(v); !ok {
			return nil, malformed("[%s] on [%s] takes strings, numbers and booleans", kind, field)
		}
	}
	return q, nil
}

func parseMatch(kind string, body json.RawMessage) (query, error) {
	field, text, err := single(body, kind)
	if err != nil {
		return nil, err
	}
	q := textQuery{field: field, phrase: kind == "match_phrase"}
	var object struct {
		Query    any    `json:"query"`
		Operator string `json:"operator"`
		Lenient  bool   `json:"lenient"`
	}
	if len(text) > 0 && text[0] == '{' {
		err = decodeStrict(text, &object)
	} else {
		err = decodeStrict(text, &object.Query)
	}
	if err != nil {
		return nil, err
	}
	q.all, q.lenient = strings.EqualFold(object.Operator, "and"), object.Lenient
	var ok bool
	if q.text, ok = plain(object.Query); !ok {
		return nil, malformed("[%s] on [%s] takes a text", kind, field)
	}
	return q, nil
}

func parseRange(body json.RawMessage) (query, error) {
	field, text, err := single(body, "range")
	if err != nil {
		return nil, err
	}
	var bounds struct {
		Gt     any    `json:"gt"`
		Gte    any    `json:"gte"`
		Lt     any    `json:"lt"`
		Lte    any    `json:"lte"`
		Format string `json:"format"`
	}
	if err := decodeStrict(text, &bounds); err != nil {
		return nil, err
	}
	if err := checkDateFormat(bounds.Format); err != nil {
		return nil, err
	}
	return rangeQuery{field, bounds.Gt, bounds.Gte, bounds.Lt, bounds.Lte, bounds.Format}, nil
}

func parseBool(body json.RawMessage, depth int, clauses *int) (query, error) {
	var lists struct {
		Must               json.RawMessage `json:"must"`
		Filter             json.RawMessage `json:"filter"`
		Should             json.RawMessage `json:"should"`
		MustNot            json.RawMessage `json:"must_not"`
		MinimumShouldMatch any             `json:"minimum_should_match"`
	}
	if err := decodeStrict(body, &lists); err != nil {
		return nil, err
	}
	var q boolQuery
	for _, part := range []struct {
		text json.RawMessage
		into *[]query
	}{{lists.Must, &q.must}, {lists.Filter, &q.must}, {lists.Should, &q.should}, {lists.MustNot, &q.mustNot}} {
		nodes, err := parseList(part.text, depth+1, clauses)
		if err != nil {
			return nil, err
		}
		*part.into = append(*part.into, nodes...)
	}
	switch least, _ := plain(lists.MinimumShouldMatch); least {
	case "":
		q.needShould = len(q.must) == 0
	case "0":
	case "1":
		q.needShould = true
	default:
		return nil, unsupported("minimum_should_match ["+least+"]", "0 and 1")
	}
	q.needShould = q.needShould && len(q.should) > 0
	return q, nil
}

// parseList parses one query or a list of them.
func parseList(text json.RawMessage, depth int, clauses *int) ([]query, error) {
	if len(text) == 0 {
		return nil, nil
	}
	list := []json.RawMessage{text}
	if text[0] == '[' {
		if err := decodeStrict(text, &list); err != nil {
			return nil, err
		}
	}
	nodes := make([]query, 0, len(list))
	for _, one := range list {
		node, err := parseNode(one, depth, clauses)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}
