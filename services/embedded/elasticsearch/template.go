package elasticsearch

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// template is an index template or a component template, with its definition as it was given.
type template struct {
	definition json.RawMessage
	patterns   []string
	priority   int64
	composedOf []string
	mayMiss    []string // of composedOf
	parts
}

// parts is what a template, or the body of an index's creation, says of an index.
type parts struct {
	mapping  *field // nil if it says nothing
	settings map[string]string
	aliases  map[string]json.RawMessage
}

// parseTemplate reads the body of PUT _index_template or _component_template.
func parseTemplate(definition []byte, isComponent bool) (*template, error) {
	var body struct {
		IndexPatterns   json.RawMessage `json:"index_patterns"`
		Priority        int64           `json:"priority"`
		ComposedOf      []string        `json:"composed_of"`
		MayMiss         []string        `json:"ignore_missing_component_templates"`
		Template        json.RawMessage `json:"template"`
		Version         json.RawMessage `json:"version"`
		Meta            json.RawMessage `json:"_meta"`
		AllowAutoCreate *bool           `json:"allow_auto_create"`
	}
	if err := decodeStrict(definition, &body); err != nil {
		return nil, err
	}
	t := &template{definition: slices.Clone(definition), priority: body.Priority, composedOf: body.ComposedOf, mayMiss: body.MayMiss}
	if !isComponent {
		var one string
		if json.Unmarshal(body.IndexPatterns, &one) == nil {
			t.patterns = []string{one}
		} else if json.Unmarshal(body.IndexPatterns, &t.patterns) != nil || len(t.patterns) == 0 {
			return nil, fail(http.StatusBadRequest, "x_content_parse_exception", "an index template needs index_patterns, a list of names and patterns")
		}
	}
	if len(body.Template) == 0 {
		return t, nil
	}
	var err error
	t.parts, err = parseParts(body.Template)
	return t, err
}

// parseParts reads {"settings", "mappings", "aliases"}.
func parseParts(text []byte) (parts, error) {
	var p parts
	var body struct {
		Mappings json.RawMessage `json:"mappings"`
		Settings json.RawMessage `json:"settings"`
		Aliases  map[string]struct {
			Filter  json.RawMessage `json:"filter"`
			IsWrite bool            `json:"is_write_index"`
		} `json:"aliases"`
	}
	if len(text) == 0 {
		return p, nil
	}
	err := decodeStrict(text, &body)
	if err != nil {
		return p, err
	}
	if len(body.Mappings) > 0 {
		if p.mapping, err = parseMapping(body.Mappings); err != nil {
			return p, err
		}
	}
	if p.settings, err = flatSettings(body.Settings); err != nil {
		return p, err
	}
	p.aliases = map[string]json.RawMessage{}
	for name, alias := range body.Aliases {
		if err := checkIndexName(name); err != nil {
			return p, err
		}
		if alias.IsWrite {
			return p, unsupported("is_write_index of alias ["+name+"]", "aliases with a filter")
		}
		if alias.Filter != nil {
			if _, err := parseQuery(alias.Filter); err != nil {
				return p, err
			}
		}
		p.aliases[name] = alias.Filter
	}
	return p, nil
}

// compose returns what an index of that name starts with: the components and then the template itself of the matching
// index template with the highest priority, then own.
func (c *catalog) compose(name string, own parts) (parts, error) {
	var best *template
	for _, t := range c.templates {
		matches := slices.ContainsFunc(t.patterns, func(pattern string) bool { return wildcard(pattern, name) })
		if matches && (best == nil || t.priority > best.priority) {
			best = t
		}
	}
	layers := []parts{}
	if best != nil {
		for _, component := range best.composedOf {
			if t := c.components[component]; t != nil {
				layers = append(layers, t.parts)
			}
		}
		layers = append(layers, best.parts)
	}
	all := parts{settings: map[string]string{}, aliases: map[string]json.RawMessage{}}
	for _, layer := range append(layers, own) {
		if layer.mapping != nil {
			merged, err := merge(all.mapping, layer.mapping)
			if err != nil {
				return all, err
			}
			all.mapping = merged
		}
		for key, value := range layer.settings {
			all.settings[key] = value
		}
		for alias, filter := range layer.aliases {
			all.aliases[alias] = filter
		}
	}
	if all.mapping == nil {
		all.mapping = emptyMapping()
	}
	return all, checkFieldCount(all.mapping)
}

// flatSettings turns {"index":{"number_of_shards":1}} and its dotted forms into index.number_of_shards=1.
func flatSettings(text json.RawMessage) (map[string]string, error) {
	flat := map[string]string{}
	if len(text) == 0 {
		return flat, nil
	}
	var nested map[string]any
	if err := decodeStrict(text, &nested); err != nil {
		return nil, err
	}
	var walk func(prefix string, value any)
	walk = func(prefix string, value any) {
		if object, ok := value.(map[string]any); ok {
			for key, below := range object {
				walk(join(prefix, key), below)
			}
			return
		}
		if prefix != "index" && !strings.HasPrefix(prefix, "index.") {
			prefix = "index." + prefix
		}
		text, ok := plain(value)
		if !ok {
			text = preview(value)
		}
		flat[prefix] = text
	}
	walk("", nested)
	return flat, nil
}

// nestSettings is the way back.
func nestSettings(flat map[string]string) map[string]any {
	root := map[string]any{}
	for key, value := range flat {
		at := root
		names := strings.Split(key, ".")
		for _, name := range names[:len(names)-1] {
			next, ok := at[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
		at[names[len(names)-1]] = value
	}
	return root
}
