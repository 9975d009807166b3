package provision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// object is a JSON object, with its numbers as they were written.
type object = map[string]any

func decodeObject(text []byte) (object, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var o object
	if err := decoder.Decode(&o); err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	return o, nil
}

// at returns the object below the keys, or nil.
func at(o object, keys ...string) object {
	for _, key := range keys {
		o, _ = o[key].(object)
	}
	return o
}

// definitionKeys are the parts of a template that decide what it does. A server adds others, such as dates.
var definitionKeys = []string{"index_patterns", "priority", "composed_of", "version", "data_stream", "allow_auto_create", "ignore_missing_component_templates"}

// sameTemplate compares a template with what a server says it has, which keeps settings flat or nested, as text or as
// numbers, and leaves out what is empty.
func sameTemplate(a, b object) bool {
	return reflect.DeepEqual(normalTemplate(a), normalTemplate(b))
}

func normalTemplate(t object) object {
	normal := object{}
	for _, key := range definitionKeys {
		if value := t[key]; !isEmpty(value) {
			normal[key] = value
		}
	}
	if one, ok := t["index_patterns"].(string); ok {
		normal["index_patterns"] = []any{one}
	}
	meta := maps.Clone(at(t, "_meta"))
	delete(meta, sealKey)
	if len(meta) > 0 {
		normal["_meta"] = meta
	}
	for _, key := range []string{"mappings", "aliases"} {
		if part := at(t, "template", key); len(part) > 0 {
			normal[key] = part
		}
	}
	settings := object{}
	for key, value := range flatSettings(at(t, "template", "settings")) {
		settings[key] = value
	}
	if len(settings) > 0 {
		normal["settings"] = settings
	}
	return normal
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case object:
		return len(v) == 0
	}
	return false
}

// flatSettings returns settings of an index by their dotted names below index, each as text.
func flatSettings(nested object) map[string]string {
	flat := map[string]string{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		below, ok := value.(object)
		if !ok {
			flat[strings.TrimPrefix(path, "index.")] = fmt.Sprint(value)
			return
		}
		for key, v := range below {
			walk(strings.TrimPrefix(path+"."+key, "."), v)
		}
	}
	walk("", nested)
	delete(flat, "") // of no settings at all
	return flat
}

// lacking returns the part of the mapping want that have does not have, and the paths of its fields. What have has
// beyond want, and what it says differently by more parameters, is not looked at: a mapping only ever grows.
func lacking(want, have object) (object, []string) {
	part, paths := lackingFields("", want, have)
	if dynamic, ok := want["dynamic"]; ok && fmt.Sprint(dynamic) != fmt.Sprint(have["dynamic"]) {
		part["dynamic"] = dynamic
		paths = append(paths, "dynamic")
	}
	slices.Sort(paths)
	return part, paths
}

func lackingFields(path string, want, have object) (object, []string) {
	part := object{}
	var paths []string
	for _, kind := range []string{"properties", "fields"} {
		fields := object{}
		for name, definition := range at(want, kind) {
			wanted, _ := definition.(object)
			below := strings.TrimPrefix(path+"."+name, ".")
			had, known := at(have, kind)[name].(object)
			if !known || !hasParameters(wanted, had) {
				fields[name] = wanted
				paths = append(paths, below)
				continue
			}
			if deeper, deeperPaths := lackingFields(below, wanted, had); len(deeperPaths) > 0 {
				fields[name] = deeper
				paths = append(paths, deeperPaths...)
			}
		}
		if len(fields) > 0 {
			part[kind] = fields
		}
	}
	if len(paths) > 0 && path != "" {
		// A definition without its type would be taken for an object.
		for key, value := range want {
			if key != "properties" && key != "fields" {
				part[key] = value
			}
		}
	}
	return part, paths
}

// hasParameters says whether a field has the parameters that are wanted, its type among them.
func hasParameters(want, have object) bool {
	for key, value := range want {
		if key != "properties" && key != "fields" && !reflect.DeepEqual(value, have[key]) {
			return false
		}
	}
	return (want["properties"] == nil) == (have["properties"] == nil)
}

// names joins names for a sentence, at most ten of them.
func names(all []string) string {
	all = slices.Compact(slices.Sorted(slices.Values(all)))
	if len(all) > 10 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:10], ", "), len(all)-10)
	}
	return strings.Join(all, ", ")
}

// fieldTypes returns the types of a mapping's fields by path, multi-fields included.
func fieldTypes(path string, mapping object) map[string]string {
	types := map[string]string{}
	for _, kind := range []string{"properties", "fields"} {
		for name, definition := range at(mapping, kind) {
			below, _ := definition.(object)
			full := strings.TrimPrefix(path+"."+name, ".")
			if kind, ok := below["type"].(string); ok {
				types[full] = kind
			}
			maps.Copy(types, fieldTypes(full, below))
		}
	}
	return types
}
