package live

import "reflect"

// mergePatch returns what turns from into to when it is merged as RFC 7396 says: members that changed, objects only
// with what changed in them, null for members that are gone. Both are what encoding/json makes of a JSON object; to
// must hold no null, which the format cannot express.
func mergePatch(from, to map[string]any) map[string]any {
	patch := map[string]any{}
	for name := range from {
		if _, stays := to[name]; !stays {
			patch[name] = nil
		}
	}
	for name, value := range to {
		before, there := from[name]
		if there && reflect.DeepEqual(before, value) {
			continue
		}
		inner, isObject := value.(map[string]any)
		outer, wasObject := before.(map[string]any)
		if isObject && wasObject {
			patch[name] = mergePatch(outer, inner)
			continue
		}
		patch[name] = value
	}
	return patch
}
