package tweet

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/schemas"
)

// node is what the drift tests need of a JSON Schema or of an index mapping.
type node struct {
	Type       string           `json:"type"`
	Ref        string           `json:"$ref"`
	Required   []string         `json:"required"`
	Properties map[string]*node `json:"properties"`
	Items      *node            `json:"items"`
	Defs       map[string]*node `json:"$defs"`
}

func TestTheDocumentTypeAndItsSchemaHaveTheSameFields(t *testing.T) {
	t.Parallel()
	schema := parse(t, schemas.EnrichedTweet)
	want := map[string]string{}
	schemaFields(schema, schema.Defs, "", want)
	got := map[string]string{}
	typeFields(reflect.TypeFor[Document](), "", got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema (-) and type (+) differ:\n%s", diff)
	}
}

func TestTheIndexMappingHasTheFieldsOfTheSchemaAndWhatTheIndexAdds(t *testing.T) {
	t.Parallel()
	schema := parse(t, schemas.EnrichedTweet)
	fields := map[string]string{}
	schemaFields(schema, schema.Defs, "", fields)
	want := []string{"text.raw", "indexed_at", "index_ms", "deleted_at"} // what the index adds to the document
	for name := range fields {
		want = append(want, name)
	}
	mapped, err := schemas.TweetFields()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(mapped))); diff != "" {
		t.Errorf("schema (-) and mapping (+) differ:\n%s", diff)
	}
}

func parse(t *testing.T, text []byte) *node {
	t.Helper()
	n := new(node)
	if err := json.Unmarshal(text, n); err != nil {
		t.Fatal(err)
	}
	return n
}

// schemaFields collects the leaves of a schema by path, each with its JSON type and a ? when it may be missing.
func schemaFields(n *node, defs map[string]*node, path string, out map[string]string) {
	for name, p := range n.Properties {
		optional := "?"
		if slices.Contains(n.Required, name) {
			optional = ""
		}
		schemaField(p, defs, join(path, name), optional, out)
	}
}

func schemaField(p *node, defs map[string]*node, path, optional string, out map[string]string) {
	if p.Ref != "" {
		p = defs[strings.TrimPrefix(p.Ref, "#/$defs/")]
	}
	switch {
	case p.Properties != nil:
		schemaFields(p, defs, path, out)
	case p.Type == "array" && p.Items != nil && p.Items.Properties != nil:
		schemaFields(p.Items, defs, path, out)
	case p.Type == "":
		out[path] = "string" + optional // an enum of strings
	default:
		out[path] = p.Type + optional
	}
}

func typeFields(t reflect.Type, path string, out map[string]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		optional := ""
		if strings.Contains(options, "omitempty") {
			optional = "?"
		}
		typeField(f.Type, join(path, name), optional, out)
	}
}

func typeField(t reflect.Type, path, optional string, out map[string]string) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		out[path] = "string" + optional
	case t.Kind() == reflect.Pointer:
		typeField(t.Elem(), path, optional, out)
	case t.Kind() == reflect.Struct:
		typeFields(t, path, out)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		typeFields(t.Elem(), path, out)
	case t.Kind() == reflect.Slice:
		out[path] = "array" + optional
	default:
		out[path] = map[reflect.Kind]string{
			reflect.String: "string", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number", reflect.Bool: "boolean",
		}[t.Kind()] + optional
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
