package elasticsearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxTermBytes = 32766 // of one exact value, as Lucene has it

// posting is one value of a document under the field it is found by.
type posting struct {
	path  string
	field *field
	text  string // of keyword, text and boolean fields
	value any    // of ordered fields: int64 or float64; dates in milliseconds since 1970
}

// decodeDocument parses a source. It is kept apart from the checks so that it can be done before the writer's turn.
func decodeDocument(source []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.UseNumber() // a float64 would round long values above 2^53
	var document map[string]any
	err := decoder.Decode(&document)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the object")
		}
	}
	if err == nil && document == nil {
		err = errors.New("null is not an object")
	}
	if err != nil {
		f := fail(http.StatusBadRequest, "document_parsing_exception", "failed to parse")
		f.cause = &cause{"x_content_parse_exception", err.Error()}
		return nil, f
	}
	return document, nil
}

// indexed is a document as a mapping sees it.
type indexed struct {
	postings []posting
	mapping  *field // grown by the fields that the document brought, where the mapping is dynamic
	id       string
}

// indexDocument checks a document against a mapping and returns what it can be found by. The errors are those of
// Elasticsearch for the one item: document_parsing_exception and strict_dynamic_mapping_exception.
func indexDocument(mapping *field, id string, document map[string]any) (indexed, error) {
	x := &indexed{mapping: mapping, id: id, postings: make([]posting, 0, 48)}
	if err := x.object(nil, "true", document); err != nil {
		return indexed{}, err
	}
	if x.mapping != mapping {
		if err := checkFieldCount(x.mapping); err != nil {
			return indexed{}, err
		}
	}
	return *x, nil
}

// object takes over the fields of an object that the mapping has at path, the root if it is empty.
func (x *indexed) object(path []string, dynamic string, values map[string]any) error {
	if len(path) > maxDepth {
		return x.bad("The depth of the field [%s] exceeds the limit of [%d]", strings.Join(path, "."), maxDepth)
	}
	if own := x.at(path).dynamic; own != "" {
		dynamic = own
	}
	// In order, so that the same document always gives the same tokens.
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		below := slices.Concat(path, []string{name})
		child := x.at(path).properties[name]
		if child == nil {
			switch dynamic {
			case "strict":
				where := strings.Join(path, ".")
				if where == "" {
					where = "_doc"
				}
				return fail(http.StatusBadRequest, "strict_dynamic_mapping_exception",
					"mapping set to strict, dynamic introduction of [%s] within [%s] is not allowed", name, where)
			case "false":
				continue
			}
			if name == "" || strings.Contains(name, ".") {
				return x.bad("the field name [%s] is empty or contains a dot, which the embedded index does not expand", name)
			}
			if child = guess(value); child == nil {
				continue
			}
			x.mapping = x.mapping.withField(below, child)
		}
		if err := x.value(below, child, dynamic, value); err != nil {
			return err
		}
	}
	return nil
}

// at returns the object at path; the mapping may have grown since the last time.
func (x *indexed) at(path []string) *field {
	if len(path) == 0 {
		return x.mapping
	}
	return x.mapping.at(strings.Join(path, "."))
}

func (x *indexed) value(path []string, f *field, dynamic string, value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		for _, element := range v {
			if err := x.value(path, f, dynamic, element); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		if f.kind == "object" {
			return x.object(path, dynamic, v)
		}
	default:
		if f.kind == "object" {
			return x.bad("object mapping for [%s] tried to parse field [%s] as object, but found a concrete value", strings.Join(path, "."), path[len(path)-1])
		}
	}
	name := strings.Join(path, ".")
	if err := x.leaf(name, f, value); err != nil {
		return err
	}
	for _, variant := range slices.Sorted(maps.Keys(f.variants)) {
		if err := x.leaf(join(name, variant), f.variants[variant], value); err != nil {
			return err
		}
	}
	return nil
}

// leaf adds one value.
func (x *indexed) leaf(path string, f *field, value any) error {
	p := posting{path: path, field: f}
	var ok bool
	switch {
	case f.isWhole():
		p.value, ok = whole(f.kind, value)
	case f.isFraction():
		p.value, ok = fraction(value)
	case f.kind == "date":
		p.value, ok = date(f.format, value)
	case f.kind == "boolean":
		p.text, ok = boolean(value)
	default:
		p.text, ok = plain(value)
	}
	if !ok {
		err := x.bad("failed to parse field [%s] of type [%s] in document with id '%s'. Preview of field's value: '%s'", path, f.kind, x.id, preview(value))
		err.cause = &cause{"illegal_argument_exception", "the value is not a " + f.kind}
		return err
	}
	if f.kind == "keyword" {
		if f.ignoreAbove > 0 && utf8.RuneCountInString(p.text) > f.ignoreAbove {
			return nil
		}
		if len(p.text) > maxTermBytes {
			return badArgument("Document contains at least one immense term in field=\"%s\" (whose UTF8 encoding is longer than the max length %d)", path, maxTermBytes)
		}
	}
	x.postings = append(x.postings, p)
	return nil
}

func (x *indexed) bad(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "document_parsing_exception", format, args...)
}
