package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/tweet"
)

// readAlias is what everything reads the posts by.
const readAlias = "tweets"

// maxShapeBytes bounds an answer about all indices, of which each has a mapping of some kilobytes.
const maxShapeBytes = 64 << 20

// shape finds indices whose posts nobody reads, whose stubs everybody reads, or that take what the schema does not have.
// They are made without the template, or somebody has changed them.
func (v *Verifier) shape(ctx context.Context, topicName string) error {
	allowNone := true
	var mappings map[string]struct {
		Mappings struct {
			Dynamic json.RawMessage `json:"dynamic"`
		} `json:"mappings"`
	}
	if err := v.question(ctx, esapi.IndicesGetMappingRequest{Index: []string{tweet.IndexPattern}, AllowNoIndices: &allowNone}, &mappings); err != nil {
		return err
	}
	var aliases map[string]struct {
		Aliases map[string]struct {
			Filter map[string]any `json:"filter"`
		} `json:"aliases"`
	}
	err := v.question(ctx, esapi.IndicesGetAliasRequest{Name: []string{readAlias}}, &aliases)
	if answer, ok := errors.AsType[*elastic.StatusError](err); err != nil && (!ok || answer.Status != http.StatusNotFound) {
		return err
	}
	for _, index := range slices.Sorted(maps.Keys(mappings)) {
		found := func(k Kind, detail string) {
			v.Found(Finding{Kind: k, Topic: topicName, Partition: -1, First: -1, Last: -1, Detail: index + " " + detail})
		}
		alias, ok := aliases[index].Aliases[readAlias]
		switch {
		case !ok:
			found(IndexAlias, "is not behind the alias "+readAlias)
		case !leavesStubsOut(alias.Filter):
			found(IndexAlias, "is behind the alias "+readAlias+" with its stubs of deleted posts")
		}
		if dynamic := string(bytes.Trim(mappings[index].Mappings.Dynamic, `"`)); dynamic != "strict" {
			found(IndexMapping, "takes fields that the schema does not have (dynamic is "+dynamic+")")
		}
	}
	return nil
}

// leavesStubsOut says whether a filter is the template's. Elasticsearch may write a list of one as the one.
func leavesStubsOut(filter map[string]any) bool {
	is, _ := filter["bool"].(map[string]any)
	var not []any
	switch of := is["must_not"].(type) {
	case []any:
		not = of
	case map[string]any:
		not = []any{of}
	}
	if len(is) != 1 || len(not) != 1 {
		return false
	}
	one, _ := not[0].(map[string]any)
	exists, _ := one["exists"].(map[string]any)
	return exists["field"] == "deleted_at"
}

func (v *Verifier) question(ctx context.Context, r esapi.Request, into any) error {
	answer, err := elastic.Do(ctx, v.Index, r, maxShapeBytes)
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		return fmt.Errorf("ask the index what it is like: %w", err)
	}
	return nil
}
