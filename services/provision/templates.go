package provision

import (
	"bytes"
	"context"
	"encoding/json"
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

// customComponent is the component template that is the operator's: our index templates are composed of it last, and
// nothing here makes or changes it.
const customComponent = "catsvdogs@custom"

// ensureTemplate puts a template when it is missing, or different and nobody's but ours, and reads it back. It shapes
// the indices to come and touches none that is there. One that a person has changed is told of and left.
func (s *indexServer) ensureTemplate(ctx context.Context, kind templateKind, name string, body []byte) error {
	subject := kind.name + " " + name
	want, err := decodeObject(body)
	if err != nil {
		return err
	}
	have, err := s.template(ctx, kind, name)
	if err != nil {
		return err
	}
	same := have != nil && sameTemplate(want, have)
	switch {
	case same && isAsPut(have):
		s.tell(subject, "found")
		return nil
	case have != nil && !same && !isAsPut(have):
		s.tell(subject, "different: it is not as provision has put it: %s; left as it is (settings of your own belong in the component template %s)",
			names(differences(want, have)), customComponent)
		return nil
	}
	text, err := json.Marshal(sealed(want))
	if err != nil {
		return err
	}
	if err := s.do(ctx, kind.put(name, text)); err != nil {
		return err
	}
	now, err := s.template(ctx, kind, name)
	if err != nil {
		return err
	}
	if now == nil || !sameTemplate(want, now) || !isAsPut(now) {
		return errors.New("it was put, but reads back different; is something else changing it?")
	}
	outcome := "made"
	if same {
		outcome = "found" // put only to note that it is ours
	} else if have != nil {
		outcome = "updated"
	}
	s.tell(subject, "%s", outcome)
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
	// A name of the sink's.
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
		return nil, backoff.Permanent(fmt.Errorf("an index %s would not be what the template says (its fields %s, its alias %s): another template with a higher priority takes it, or one of ours was changed; look at POST _index_template/_simulate_index/%s",
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
