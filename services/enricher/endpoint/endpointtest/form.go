// Package endpointtest holds requests and answers of models to the forms that their packages publish. It is for tests.
package endpointtest

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Form is one form of a JSON document.
type Form struct{ schema *jsonschema.Schema }

// NewForm returns the form that the JSON Schema in file defines by name, "request" or "answer". The test fails when
// there is none.
func NewForm(t testing.TB, file, name string) Form {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("mem:///form.json", document); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	schema, err := compiler.Compile("mem:///form.json#/$defs/" + name)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return Form{schema}
}

// Check tells how a document differs from the form; nil if it does not.
func (f Form) Check(document []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return f.schema.Validate(value)
}

// Golden fails the test when got is not what file holds, but for a line's end. With UPDATE=1 it writes the file instead.
func Golden(t testing.TB, file string, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(got)); diff != "" {
		t.Errorf("%s: %s", file, diff)
	}
}
