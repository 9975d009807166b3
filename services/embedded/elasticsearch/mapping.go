package elasticsearch

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

const maxFields = 1000 // index.mapping.total_fields.limit

// emptyMapping is that of an index nobody described: it learns its fields from the documents.
func emptyMapping() *field { return &field{kind: "object"} }

// parseMapping reads "mappings" of an index or a template.
func parseMapping(text json.RawMessage) (*field, error) {
	if len(text) == 0 {
		return emptyMapping(), nil
	}
	root, err := parseField("", text, 0)
	if err != nil {
		return nil, err
	}
	if root.kind != "object" {
		return nil, badMapping("the root of a mapping is an object, not [%s]", root.kind)
	}
	return root, nil
}

// merge returns base with what over says on top, as templates compose: over wins. Neither is changed.
func merge(base, over *field) (*field, error) {
	if base == nil {
		return over, nil
	}
	if base.kind != over.kind {
		return nil, badArgument("can't merge a field of type [%s] with one of type [%s]", base.kind, over.kind)
	}
	merged := *over
	merged.kept = maps.Clone(base.kept)
	if merged.kept == nil {
		merged.kept = map[string]json.RawMessage{}
	}
	maps.Copy(merged.kept, over.kept)
	if merged.dynamic == "" {
		merged.dynamic = base.dynamic
	}
	var err error
	if merged.properties, err = mergeFields(base.properties, over.properties); err != nil {
		return nil, err
	}
	merged.variants, err = mergeFields(base.variants, over.variants)
	return &merged, err
}

func mergeFields(base, over map[string]*field) (map[string]*field, error) {
	if len(base) == 0 {
		return over, nil
	}
	merged := maps.Clone(base)
	for name, f := range over {
		both, err := merge(base[name], f)
		if err != nil {
			return nil, err
		}
		merged[name] = both
	}
	return merged, nil
}

// withField returns f with a field added at path, whose parents may be missing; f is not changed.
func (f *field) withField(path []string, added *field) *field {
	grown := *f
	grown.properties = maps.Clone(f.properties)
	if grown.properties == nil {
		grown.properties = map[string]*field{}
	}
	if len(path) == 1 {
		grown.properties[path[0]] = added
		return &grown
	}
	child := f.properties[path[0]]
	if child == nil {
		child = emptyMapping()
	}
	grown.properties[path[0]] = child.withField(path[1:], added)
	return &grown
}

// size counts the fields, objects included.
func (f *field) size() int {
	n := len(f.variants)
	for _, child := range f.properties {
		n += 1 + child.size()
	}
	return n
}

// guess returns the field that Elasticsearch would make for a value that no mapping describes, or nil for one that
// says nothing (null, an empty array).
func guess(value any) *field {
	switch v := value.(type) {
	case string:
		if _, ok := parseDate(v, "strict_date_optional_time", false); ok && len(v) >= len("2006-01-02") {
			return &field{kind: "date"}
		}
		return &field{kind: "text", variants: map[string]*field{"keyword": {kind: "keyword", ignoreAbove: 256}}}
	case bool:
		return &field{kind: "boolean"}
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return &field{kind: "long"}
		}
		return &field{kind: "float"}
	case map[string]any:
		return emptyMapping()
	case []any:
		for _, element := range v {
			if f := guess(element); f != nil {
				return f
			}
		}
	}
	return nil
}

func checkFieldCount(root *field) error {
	if root.size() > maxFields {
		return badArgument("Limit of total fields [%d] has been exceeded", maxFields)
	}
	return nil
}

// checkDateFormat refuses formats that parseDate does not know.
func checkDateFormat(format string) error {
	for _, one := range dateFormats(format) {
		if !slices.Contains([]string{"strict_date_optional_time", "date_optional_time", "strict_date_optional_time_nanos", "epoch_millis", "epoch_second", "yyyy-MM-dd"}, one) {
			return fail(http.StatusBadRequest, "mapper_parsing_exception", "the date format [%s] is not supported by the embedded index", one)
		}
	}
	return nil
}
