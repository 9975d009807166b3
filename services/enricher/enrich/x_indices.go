package enrich

import (
	"bytes"
	"encoding/json"

	"catsvdogs/services/pipeline/tweet"
)

// parseWithoutIndices reads a line whose only fault is that indices of entities are no integers. They are hints, and no
// reason to lose a post.
func parseWithoutIndices(value []byte) (*xLine, bool) {
	var line map[string]any
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	if decoder.Decode(&line) != nil {
		return nil, false
	}
	dropIndices(line["data"])
	rest, err := json.Marshal(line)
	parsed := new(xLine)
	if err != nil || tweet.DecodeJSON(rest, parsed) != nil || parsed.Data == nil || parsed.Data.check() != nil {
		return nil, false
	}
	return parsed, true
}

// dropIndices takes start and end out of every object in v.
func dropIndices(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "start")
		delete(v, "end")
		for _, below := range v {
			dropIndices(below)
		}
	case []any:
		for _, below := range v {
			dropIndices(below)
		}
	}
}
