// Package kibana holds the Kibana dashboards as code and makes them for a contest: Cats v Dogs, the landing page, and
// Pipeline health.
//
// dashboards/*.yaml is what a person edits; kb-dashboard compiles it to compiled/*.json, once, for a team and a category
// that are only placeholders; Objects puts the teams of a contest in their place. So another contest needs neither
// another binary nor the compiler. catsvdogs.ndjson is the result for the contest that ships, to be imported by hand.
//
// The package does no I/O and keeps no state: provision talks to Kibana.
package kibana

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"catsvdogs/services/pipeline/contest"
)

// Ids of the dashboards. The landing page is /app/dashboards#/view/ followed by ContestDashboard.
const (
	ContestDashboard = "cats-v-dogs"
	HealthDashboard  = "pipeline-health"
)

//go:embed compiled/*.json
var compiled embed.FS

// Object is one of Kibana's saved objects.
type Object struct {
	Type string // "index-pattern" (a data view) or "dashboard"
	ID   string // the same for every contest
	JSON []byte // the whole object on one line, as _import reads it, without a newline
}

// Objects returns the data views and then the dashboards for c, a valid contest: the same bytes for the same contest.
// An error means that what was compiled is broken, which the tests of this package would show. The objects fit Kibana
// 8.11 and later 8.x and 9.x, see typeVersion.
func Objects(c *contest.Contest) ([]Object, error) {
	if c == nil {
		return nil, errors.New("make the dashboards: no contest is given")
	}
	var objects []Object
	for _, v := range dataViews() {
		o, err := v.object()
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	for _, id := range []string{ContestDashboard, HealthDashboard} {
		o, err := dashboard(id, c)
		if err != nil {
			return nil, fmt.Errorf("make the dashboard %s: %w", id, err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// NDJSON returns objects as a file for POST /api/saved_objects/_import: one to a line, each line ended.
func NDJSON(objects []Object) []byte {
	var out bytes.Buffer
	for _, o := range objects {
		out.Write(o.JSON)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func dashboard(id string, c *contest.Contest) (Object, error) {
	text, err := compiled.ReadFile("compiled/" + id + ".json")
	if err != nil {
		return Object{}, fmt.Errorf("read what was compiled: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers pass through as they stand
	var template map[string]any
	if err := decoder.Decode(&template); err != nil {
		return Object{}, fmt.Errorf("read what was compiled: %w", err)
	}
	made, ok := expand(template, newScope(c)).(map[string]any)
	if !ok {
		return Object{}, errors.New("what was compiled is no object")
	}
	if err := finish(made, id); err != nil {
		return Object{}, err
	}
	line, err := encode(made)
	return Object{Type: "dashboard", ID: id, JSON: line}, err
}

// encode writes v on one line. Keys are in order, so equal values give equal bytes; & and < stand as they are, because
// people read the committed file.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("write a saved object: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
