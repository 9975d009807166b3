package provision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"catsvdogs/services/provision/savedobjects"
)

// content returns the attributes that people decide, with the JSON that Kibana keeps in strings decoded: the same thing
// may be written with its keys in another order.
func content(o savedobjects.Object) map[string]any {
	decoded := map[string]any{}
	for key, value := range o.Attributes {
		decoded[key] = unpacked(value)
	}
	if o.Type == "index-pattern" {
		delete(decoded, "fields") // a copy of the mapping, as it was seen last
		attributes, _ := decoded["fieldAttrs"].(map[string]any)
		decoded["fieldAttrs"] = withoutCounts(attributes)
	}
	return decoded
}

// withoutCounts leaves out how often each field was looked at, which changes by mere use. Labels and descriptions of
// fields stand beside it.
func withoutCounts(fields map[string]any) map[string]any {
	decided := map[string]any{}
	for name, value := range fields {
		attributes, _ := value.(map[string]any)
		attributes = maps.Clone(attributes)
		delete(attributes, "count")
		if len(attributes) > 0 {
			decided[name] = attributes
		}
	}
	return decided
}

func unpacked(value any) any {
	switch v := value.(type) {
	case string:
		var inner any
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &inner) == nil {
				return unpacked(inner)
			}
		}
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, below := range v {
			all[key] = unpacked(below)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, below := range v {
			all[i] = unpacked(below)
		}
		return all
	}
	return value
}

// links returns the references in an order of their own.
func links(o savedobjects.Object) []string {
	all := make([]string, len(o.References))
	for i, r := range o.References {
		all[i] = r.Type + "/" + r.ID + "/" + r.Name
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isAsWanted says whether every attribute that is wanted stands in what Kibana has, with the same references.
func isAsWanted(want, have savedobjects.Object) bool {
	wants, haves := content(want), content(have)
	for key, value := range wants {
		if !reflect.DeepEqual(value, haves[key]) {
			return false
		}
	}
	return slices.Equal(links(want), links(have))
}

// digest is equal for objects that hold the same.
func digest(o savedobjects.Object) string {
	return sum(map[string]any{"attributes": content(o), "references": links(o)})
}

// sum is the digest of what came from JSON.
func sum(value map[string]any) string {
	text, _ := json.Marshal(value) // with its keys in order
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}

// complete checks an object that was imported against what Kibana has. Kibana may bring attributes to another form, but
// a panel or a reference that is not there opens empty.
func complete(want, have savedobjects.Object) error {
	if w, h := links(want), links(have); !slices.Equal(w, h) {
		return fmt.Errorf("it reads back with %d references, not %d", len(h), len(w))
	}
	wants, haves := content(want), content(have)
	for _, key := range []string{"title", "timeFieldName"} {
		if !reflect.DeepEqual(wants[key], haves[key]) {
			return fmt.Errorf("it reads back with the %s %v, not %v", key, haves[key], wants[key])
		}
	}
	w, _ := wants["panelsJSON"].([]any)
	h, _ := haves["panelsJSON"].([]any)
	if len(w) != len(h) {
		return fmt.Errorf("it reads back with %d panels, not %d", len(h), len(w))
	}
	return nil
}
