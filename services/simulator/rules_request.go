package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// maxRulesBody holds 1,000 rules of 1,024 characters written as \u escapes of
// surrogate pairs (12 bytes each), with tags.
const maxRulesBody = 16 << 20

// rulesRequest is the body of POST /2/tweets/search/stream/rules: exactly one
// of add and delete.
type rulesRequest struct {
	Add    []newRuleBody    `json:"add"`
	Delete *deleteRulesBody `json:"delete"`
}

type newRuleBody struct {
	Value string `json:"value"`
	Tag   string `json:"tag"`
}

type deleteRulesBody struct {
	IDs    []string `json:"ids"`
	Values []string `json:"values"`
}

// rulesOptions are its query parameters.
type rulesOptions struct{ dryRun, deleteAll bool }

func readRulesOptions(query url.Values) (rulesOptions, []requestError) {
	var o rulesOptions
	var mistakes []requestError
	for _, name := range slices.Sorted(maps.Keys(query)) {
		value, err := strconv.ParseBool(query.Get(name))
		switch {
		case name != "dry_run" && name != "delete_all":
			mistakes = append(mistakes, mistaken(name, query[name], "The query parameter ["+name+"] is not one of [dry_run,delete_all]"))
		case err != nil:
			mistakes = append(mistakes, mistaken(name, query[name], "The `"+name+"` query parameter value ["+query.Get(name)+"] is not one of [true,false]"))
		case name == "dry_run":
			o.dryRun = value
		default:
			o.deleteAll = value
		}
	}
	return o, mistakes
}

// readRulesBody reads at most maxRulesBody bytes. An empty body gives nil.
func readRulesBody(w http.ResponseWriter, r *http.Request) (*rulesRequest, *problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRulesBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		p := invalidRequest(mistaken("", nil, "The request body could not be read"))
		if errors.As(err, &tooLarge) {
			p = bodyTooLarge()
		}
		return nil, &p
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil // no body is a request of its own
	}
	req, err := parseRulesRequest(body)
	if err != nil {
		p := invalidRequest(mistaken("", nil, err.Error()))
		return nil, &p
	}
	return req, nil
}

// parseRulesRequest is strict: X refuses names that it does not know.
func parseRulesRequest(body []byte) (*rulesRequest, error) {
	var req rulesRequest
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&req); err != nil {
		return nil, fmt.Errorf("the request body is not a rules request: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the request body goes on after its end")
	}
	switch {
	case (req.Add == nil) == (req.Delete == nil):
		return nil, errors.New("the request body must contain exactly one of `add` and `delete`")
	case req.Delete == nil && len(req.Add) == 0:
		return nil, errors.New("the `add` list must not be empty")
	case len(req.Add) > maxRules:
		return nil, fmt.Errorf("the `add` list must not be longer than %d", maxRules)
	case req.Delete != nil && (len(req.Delete.IDs) == 0) == (len(req.Delete.Values) == 0):
		return nil, errors.New("`delete` must contain exactly one of `ids` and `values`")
	}
	return &req, nil
}
