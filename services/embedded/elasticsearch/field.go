package elasticsearch

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Kinds of fields, by what can be asked of them.
var (
	wholeTypes    = []string{"long", "integer", "short", "byte"}
	fractionTypes = []string{"double", "float", "half_float"}
	otherTypes    = []string{"keyword", "text", "date", "boolean", "object"}
)

const maxDepth = 20 // of objects within a document, and of a mapping; index.mapping.depth.limit

// field is a field of a mapping. It is not changed once it belongs to an index.
type field struct {
	kind        string // one of the types above; object has properties, the others do not
	dynamic     string // of objects: "", "true", "false" or "strict"; "" is the parent's
	properties  map[string]*field
	variants    map[string]*field // "fields": the same value under name.variant, indexed otherwise
	unindexed   bool              // "index": false
	ignoreAbove int               // of keywords: longer values, in characters, cannot be found; 0 is no limit
	format      string            // of dates
	kept        map[string]json.RawMessage
}

// parseField reads a field's definition and the definitions below it. path names it in errors, empty for the root.
func parseField(path string, text json.RawMessage, depth int) (*field, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil || keys == nil {
		return nil, badMapping("expected an object as the definition of [%s]", path)
	}
	if depth > maxDepth {
		return nil, badMapping("limit of mapping depth [%d] has been exceeded at [%s]", maxDepth, path)
	}
	f := &field{kind: "object", kept: map[string]json.RawMessage{}}
	if kind, ok := keys["type"]; ok {
		if err := json.Unmarshal(kind, &f.kind); err != nil || !slices.Contains(slices.Concat(wholeTypes, fractionTypes, otherTypes), f.kind) {
			return nil, badMapping("the type %s of [%s] is not known; the embedded index knows %s; give --elasticsearch-url for a real Elasticsearch",
				kind, path, strings.Join(slices.Concat(otherTypes, wholeTypes, fractionTypes), ", "))
		}
	}
	for key, value := range keys {
		if err := f.set(path, key, value, depth); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// set takes over one parameter of a definition.
func (f *field) set(path, key string, value json.RawMessage, depth int) error {
	var err error
	switch {
	case key == "type":
	case key == "properties" && f.kind == "object":
		f.properties, err = parseFields(path, value, depth)
	case key == "fields" && f.kind != "object":
		f.variants, err = parseFields(path, value, depth)
	case key == "dynamic" && f.kind == "object":
		f.dynamic = strings.Trim(string(value), `"`)
		if !slices.Contains([]string{"true", "false", "strict"}, f.dynamic) {
			err = badMapping("dynamic of [%s] must be true, false or strict", path)
		}
	case key == "index" && f.kind != "object":
		var index bool
		err = decodeParameter(path, key, value, &index)
		f.unindexed = !index
	case key == "ignore_above" && f.kind == "keyword":
		err = decodeParameter(path, key, value, &f.ignoreAbove)
	case key == "format" && f.kind == "date":
		if err = decodeParameter(path, key, value, &f.format); err == nil {
			err = checkDateFormat(f.format)
		}
	case slices.Contains([]string{"doc_values", "store", "norms", "index_options", "eager_global_ordinals", "fielddata", "meta", "_meta"}, key):
		f.kept[key] = value // about how a real one stores it: no difference in what is answered
	default:
		err = badMapping("the parameter [%s] on [%s] of type [%s] is not supported by the embedded index", key, path, f.kind)
	}
	return err
}

func decodeParameter(path, key string, value json.RawMessage, into any) error {
	if err := json.Unmarshal(value, into); err != nil {
		return badMapping("[%s] of [%s] has the wrong type", key, path)
	}
	return nil
}

func parseFields(path string, text json.RawMessage, depth int) (map[string]*field, error) {
	var definitions map[string]json.RawMessage
	if err := json.Unmarshal(text, &definitions); err != nil {
		return nil, badMapping("expected an object of fields at [%s]", path)
	}
	fields := map[string]*field{}
	for name, definition := range definitions {
		if name == "" || strings.Contains(name, ".") {
			return nil, badMapping("the field name [%s] at [%s] is empty or contains a dot, which the embedded index does not expand", name, path)
		}
		child, err := parseField(join(path, name), definition, depth+1)
		if err != nil {
			return nil, err
		}
		fields[name] = child
	}
	return fields, nil
}

// MarshalJSON returns the definition as it was given.
func (f *field) MarshalJSON() ([]byte, error) {
	keys := map[string]any{}
	for key, value := range f.kept {
		keys[key] = value
	}
	if f.kind != "object" {
		keys["type"] = f.kind
	}
	if f.kind == "object" && len(f.properties) == 0 && f.dynamic == "" {
		keys["type"] = f.kind
	}
	if len(f.properties) > 0 {
		keys["properties"] = f.properties
	}
	if f.dynamic != "" {
		keys["dynamic"] = f.dynamic
	}
	if len(f.variants) > 0 {
		keys["fields"] = f.variants
	}
	if f.unindexed {
		keys["index"] = false
	}
	if f.ignoreAbove > 0 {
		keys["ignore_above"] = f.ignoreAbove
	}
	if f.format != "" {
		keys["format"] = f.format
	}
	return json.Marshal(keys)
}

// at returns the field of a dotted path, or nil. The root is f.
func (f *field) at(path string) *field {
	name, rest, deeper := strings.Cut(path, ".")
	child := f.properties[name]
	if child == nil {
		child = f.variants[name]
	}
	if child == nil || !deeper {
		return child
	}
	return child.at(rest)
}

// leaves calls visit for every field that has values, with its path.
func (f *field) leaves(path string, visit func(path string, f *field)) {
	for name, child := range f.properties {
		child.leaves(join(path, name), visit)
	}
	for name, child := range f.variants {
		child.leaves(join(path, name), visit)
	}
	if f.kind != "object" {
		visit(path, f)
	}
}

func (f *field) isWhole() bool    { return slices.Contains(wholeTypes, f.kind) }
func (f *field) isFraction() bool { return slices.Contains(fractionTypes, f.kind) }

// isOrdered says that the field's values are in the b-tree of numbers.
func (f *field) isOrdered() bool { return f.isWhole() || f.isFraction() || f.kind == "date" }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func badMapping(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "mapper_parsing_exception", format, args...)
}
