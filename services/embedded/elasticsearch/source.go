package elasticsearch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// sourceFilter says which parts of a source an answer carries.
type sourceFilter struct {
	none     bool
	includes []string
	excludes []string
}

// parseSourceFilter reads "_source": a boolean, a pattern, a list of patterns, or {"includes", "excludes"}.
func parseSourceFilter(text json.RawMessage) (sourceFilter, error) {
	var f sourceFilter
	if len(text) == 0 {
		return f, nil
	}
	var wanted bool
	if json.Unmarshal(text, &wanted) == nil {
		f.none = !wanted
		return f, nil
	}
	var one string
	if json.Unmarshal(text, &one) == nil {
		f.includes = []string{one}
		return f, nil
	}
	if json.Unmarshal(text, &f.includes) == nil {
		return f, nil
	}
	var both struct {
		Includes []string `json:"includes"`
		Excludes []string `json:"excludes"`
	}
	err := decodeStrict(text, &both)
	f.includes, f.excludes = both.Includes, both.Excludes
	return f, err
}

// apply returns the source, or what the filter leaves of it; nil for none.
func (f sourceFilter) apply(source []byte) (json.RawMessage, error) {
	if f.none {
		return nil, nil
	}
	if len(f.includes)+len(f.excludes) == 0 {
		return source, nil
	}
	document, err := decodeDocument(source)
	if err != nil {
		return nil, fmt.Errorf("read stored document: %w", err)
	}
	text, err := json.Marshal(f.prune("", document, len(f.includes) == 0))
	return text, err
}

// prune returns the wanted part of an object; included says that an enclosing field was asked for as a whole.
func (f sourceFilter) prune(path string, object map[string]any, included bool) map[string]any {
	kept := map[string]any{}
	for name, value := range object {
		at := join(path, name)
		matches := func(pattern string) bool { return wildcard(pattern, at) }
		if slices.ContainsFunc(f.excludes, matches) {
			continue
		}
		whole := included || slices.ContainsFunc(f.includes, matches)
		deeper := whole || slices.ContainsFunc(f.includes, func(pattern string) bool {
			return strings.HasPrefix(pattern, at+".") || strings.HasPrefix(pattern, "*")
		})
		if pruned, ok := f.pruneValue(at, value, whole, deeper); ok {
			kept[name] = pruned
		}
	}
	return kept
}

func (f sourceFilter) pruneValue(path string, value any, whole, deeper bool) (any, bool) {
	switch v := value.(type) {
	case map[string]any:
		if deeper {
			kept := f.prune(path, v, whole)
			return kept, whole || len(kept) > 0
		}
	case []any:
		kept := []any{}
		for _, element := range v {
			if pruned, ok := f.pruneValue(path, element, whole, deeper); ok {
				kept = append(kept, pruned)
			}
		}
		return kept, whole || len(kept) > 0
	}
	return value, whole
}
