package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cenkalti/backoff/v5"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/schemas"
)

// templateKind is one of the two kinds of templates: the requests about it, and what answers call it.
type templateKind struct {
	name string // for people; with s, the key of a list of them
	key  string // of one in an answer
	get  func(name string) esapi.Request
	put  func(name string, body []byte) esapi.Request
}

var (
	componentTemplate = templateKind{
		name: "component template", key: "component_template",
		get: func(name string) esapi.Request { return esapi.ClusterGetComponentTemplateRequest{Name: []string{name}} },
		put: func(name string, body []byte) esapi.Request {
			return esapi.ClusterPutComponentTemplateRequest{Name: name, Body: bytes.NewReader(body)}
		},
	}
	indexTemplate = templateKind{
		name: "index template", key: "index_template",
		get: func(name string) esapi.Request { return esapi.IndicesGetIndexTemplateRequest{Name: name} },
		put: func(name string, body []byte) esapi.Request {
			return esapi.IndicesPutIndexTemplateRequest{Name: name, Body: bytes.NewReader(body)}
		},
	}
)

// ensureTemplate puts a template when it is missing or different, and reads it back. Templates are ours alone; they
// shape the indices to come and touch none that is there.
func (s *indexServer) ensureTemplate(ctx context.Context, kind templateKind, name string, body []byte) error {
	want, err := decodeObject(body)
	if err != nil {
		return err
	}
	have, err := s.template(ctx, kind, name)
	if err != nil {
		return err
	}
	if have != nil && sameTemplate(want, have) {
		s.tell(kind.name+" "+name, "found")
		return nil
	}
	if err := s.do(ctx, kind.put(name, body)); err != nil {
		return err
	}
	now, err := s.template(ctx, kind, name)
	if err != nil {
		return err
	}
	if now == nil || !sameTemplate(want, now) {
		return errors.New("it was put, but reads back different; is something else changing it?")
	}
	outcome := "made"
	if have != nil {
		outcome = "updated"
	}
	s.tell(kind.name+" "+name, "%s", outcome)
	return nil
}

// template returns a template's definition, or nil.
func (s *indexServer) template(ctx context.Context, kind templateKind, name string) (object, error) {
	answer, err := s.get(ctx, kind.get(name))
	if err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	list, _ := answer[kind.key+"s"].([]any)
	for _, one := range list {
		if found, ok := one.(object); ok && found["name"] == name {
			return at(found, kind.key), nil
		}
	}
	return nil, nil
}

// simulate returns what an index of the template would be made with: mappings, settings, aliases, in the server's own
// form. It is the proof that the templates work together, and that no other template takes our indices away.
func (s *indexServer) simulate(ctx context.Context, name string) (object, error) {
	// Any name that the pattern matches; a date, since another template may match dates only.
	index := name + "-2026.01.01"
	answer, err := s.get(ctx, esapi.IndicesSimulateIndexTemplateRequest{Name: index})
	if err != nil {
		return nil, err
	}
	types, err := composedFields(name)
	if err != nil {
		return nil, err
	}
	got := at(answer, "template")
	gotTypes := fieldTypes("", at(got, "mappings"))
	for path, kind := range types {
		if gotTypes[path] == kind {
			delete(types, path)
		}
	}
	if len(types) > 0 || at(got, "aliases", name) == nil {
		return nil, backoff.Permanent(fmt.Errorf("an index %s would not be what the template says (its fields %s, its alias %s): another template with a higher priority takes it; look at POST _index_template/_simulate_index/%s",
			index, names(slices.Collect(maps.Keys(types))), name, index))
	}
	return got, nil
}

// composedFields returns the types of the fields that our index template of this name is composed of.
func composedFields(name string) (map[string]string, error) {
	types := map[string]string{}
	for _, i := range schemas.IndexTemplates() {
		t, err := decodeObject(i.Body)
		if err != nil {
			return nil, err
		}
		components, _ := t["composed_of"].([]any)
		for _, c := range schemas.ComponentTemplates() {
			if i.Name != name || !slices.Contains(components, any(c.Name)) {
				continue
			}
			component, err := decodeObject(c.Body)
			if err != nil {
				return nil, err
			}
			maps.Copy(types, fieldTypes("", at(component, "template", "mappings")))
		}
	}
	return types, nil
}
