package savedobjects

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Ref names a saved object.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// String returns the name as people read it.
func (r Ref) String() string {
	if r.Type == "index-pattern" {
		return "data view " + r.ID
	}
	return r.Type + " " + r.ID
}

// Reference is what an object needs of another one.
type Reference struct {
	Ref
	Name string `json:"name"`
}

// Object is a saved object, as exported or as made for an import.
type Object struct {
	Ref
	Attributes map[string]any `json:"attributes"`
	References []Reference    `json:"references"`

	// Kibana's own; empty in what is imported.
	UpdatedAt string `json:"updated_at"`
	// TypeVersion is the form that the attributes are in. Kibana brings an older one to its own when it imports.
	TypeVersion string `json:"typeMigrationVersion"`
}

// Get returns an object, or nil when there is none.
// https://www.elastic.co/guide/en/kibana/8.19/saved-objects-api-export.html
func (c *Client) Get(ctx context.Context, ref Ref) (*Object, error) {
	// One at a time: one that is missing would fail the export of all.
	body, err := json.Marshal(map[string]any{"objects": []Ref{ref}, "includeReferencesDeep": false, "excludeExportDetails": true})
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", ref, err)
	}
	answer, err := c.do(ctx, http.MethodPost, "/api/saved_objects/_export", "application/json", body)
	if isMissing(err, ref) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(answer) {
		o, err := Parse(line)
		if err == nil && o.Ref == ref {
			return o, nil
		}
	}
	return nil, fmt.Errorf("something other than %s was exported", ref)
}

// Parse reads a saved object from its line.
func Parse(line []byte) (*Object, error) {
	var o Object
	if err := json.Unmarshal(line, &o); err != nil {
		return nil, fmt.Errorf("read a saved object: %w", err)
	}
	return &o, nil
}

// isMissing tells the 400 for an object that is not there from other refusals.
func isMissing(err error, ref Ref) bool {
	var refused *StatusError
	if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		return false
	}
	var attributes struct {
		Objects []struct {
			Ref
			Error struct {
				StatusCode int `json:"statusCode"`
			} `json:"error"`
		} `json:"objects"`
	}
	if json.Unmarshal(refused.attributes, &attributes) != nil {
		return false
	}
	for _, o := range attributes.Objects {
		if o.Ref == ref && o.Error.StatusCode == http.StatusNotFound {
			return true
		}
	}
	return false
}
