package provision

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// sealKey is the key of a template's _meta that holds a digest of the template as it was last put. Elasticsearch keeps
// _meta and does nothing with it. A template that fits its seal is ours to change; one that does not, or has none, has
// been changed or made by a person.
const sealKey = "provisioned"

// sealed returns the template with the seal it fits.
func sealed(t object) object {
	t = maps.Clone(t)
	meta := maps.Clone(at(t, "_meta"))
	if meta == nil {
		meta = object{}
	}
	meta[sealKey] = seal(t)
	t["_meta"] = meta
	return t
}

func isAsPut(t object) bool { return at(t, "_meta")[sealKey] == seal(t) }

// seal is the same for a template and for what a server makes of it.
func seal(t object) string { return sum(normalTemplate(t)) }

// differences says for each setting, field and other part of a template how it differs from what is wanted.
func differences(want, have object) []string {
	wants, haves := map[string]string{}, map[string]string{}
	leaves("", normalTemplate(want), wants)
	leaves("", normalTemplate(have), haves)
	var all []string
	for path, value := range haves {
		if wanted, known := wants[path]; !known {
			all = append(all, fmt.Sprintf("%s %.60s added", path, value))
		} else if wanted != value {
			all = append(all, fmt.Sprintf("%s %.60s instead of %.60s", path, value, wanted))
		}
	}
	for path := range wants {
		if _, known := haves[path]; !known {
			all = append(all, path+" missing")
		}
	}
	slices.Sort(all)
	return all
}

// leaves collects what stands at the ends of an object, each by its path.
func leaves(path string, value any, into map[string]string) {
	below, isObject := value.(object)
	switch {
	case isObject && len(below) > 0:
		for key, v := range below {
			next := key
			if path != "" {
				next = path + "." + key
			}
			leaves(next, v, into)
		}
	default:
		text, isText := value.(string)
		if !isText {
			encoded, _ := json.Marshal(value) // it came from JSON
			text = string(encoded)
		}
		into[path] = text
	}
}
