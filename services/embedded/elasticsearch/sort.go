package elasticsearch

import (
	"encoding/json"
	"net/http"
	"strings"
)

// order is one key that hits are sorted by. With a number it is an ordered field's; otherwise the value is taken out of
// the source at jsonPath, or, if that is empty too, it is the order in which the documents came.
type order struct {
	descending bool
	number     int64
	jsonPath   string
}

// parseOrders resolves the sort of a search against the mappings in scope.
func (c *catalog) parseOrders(scopes []scope, sorts []sortKey) ([]order, error) {
	var orders []order
	for _, key := range sorts {
		o := order{descending: key.descending}
		if key.field == "_doc" {
			orders = append(orders, o)
			continue
		}
		var f *field
		for _, s := range scopes {
			if f = s.index.mapping.at(key.field); f != nil {
				break
			}
		}
		switch {
		case f == nil && len(scopes) > 0 && !key.mayBeUnmapped:
			return nil, fail(http.StatusBadRequest, "query_shard_exception", "No mapping found for [%s] in order to sort on", key.field)
		case f == nil:
			continue
		case f.kind == "text" || f.kind == "object" || strings.ContainsAny(key.field, `"'\`):
			return nil, badArgument("Fielddata is disabled on [%s] of type [%s], so it cannot be sorted by", key.field, f.kind)
		case f.isOrdered():
			if o.number = c.fields[key.field]; o.number == 0 {
				o.number = -1 // no document has it: it has no rows either
			}
		default:
			o.jsonPath = jsonPath(scopes, key.field)
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// jsonPath is where the source has a field's value, for SQLite: a variant's is that of the field it is of.
func jsonPath(scopes []scope, path string) string {
	if at := strings.LastIndexByte(path, '.'); at > 0 {
		for _, s := range scopes {
			if parent := s.index.mapping.at(path[:at]); parent != nil && parent.kind != "object" {
				path = path[:at]
				break
			}
		}
	}
	return `$."` + strings.ReplaceAll(path, ".", `"."`) + `"`
}

// sortKey is one element of "sort".
type sortKey struct {
	field         string
	descending    bool
	mayBeUnmapped bool
}

// parseSort reads "sort" of a body: a name, an object or a list of them. _score is the order without any.
func parseSort(text json.RawMessage) ([]sortKey, error) {
	if len(text) == 0 {
		return nil, nil
	}
	elements := []json.RawMessage{text}
	if text[0] == '[' {
		if err := decodeStrict(text, &elements); err != nil {
			return nil, err
		}
	}
	var keys []sortKey
	for _, element := range elements {
		key := sortKey{}
		if json.Unmarshal(element, &key.field) != nil {
			name, body, err := single(element, "sort")
			if err != nil {
				return nil, err
			}
			var options struct {
				Order        string `json:"order"`
				UnmappedType string `json:"unmapped_type"`
				Missing      string `json:"missing"`
			}
			if json.Unmarshal(body, &options.Order) != nil {
				if err := decodeStrict(body, &options); err != nil {
					return nil, err
				}
			}
			if options.Missing != "" && options.Missing != "_last" {
				return nil, unsupported("missing ["+options.Missing+"] in [sort]", "_last")
			}
			if options.Order != "" && options.Order != "asc" && options.Order != "desc" {
				return nil, malformed("Unknown SortOrder [%s]", options.Order)
			}
			key = sortKey{field: name, descending: options.Order == "desc", mayBeUnmapped: options.UnmappedType != ""}
		}
		if key.field == "_score" {
			if len(elements) > 1 {
				return nil, unsupported("[_score] beside other keys in [sort]", "fields and _doc")
			}
			return nil, nil
		}
		keys = append(keys, key)
	}
	return keys, nil
}
