package ledger

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

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/elastic"
)

// readAlias is what everything reads the posts by (schemas/index/tweets.json).
const readAlias = "tweets"

// shape finds indices whose posts nobody reads, whose stubs everybody reads, or that take what the schema does not have.
// They are made without the template, or somebody has changed them.
func (a *auditor) shape(ctx context.Context, out *account.Account) error {
	allowNone := true
	var mappings map[string]struct {
		Mappings struct {
			Dynamic json.RawMessage `json:"dynamic"`
		} `json:"mappings"`
	}
	if err := a.question(ctx, esapi.IndicesGetMappingRequest{Index: []string{postIndices}, AllowNoIndices: &allowNone}, &mappings); err != nil {
		return err
	}
	var aliases map[string]struct {
		Aliases map[string]struct {
			Filter map[string]any `json:"filter"`
		} `json:"aliases"`
	}
	err := a.question(ctx, esapi.IndicesGetAliasRequest{Name: []string{readAlias}}, &aliases)
	if answer, ok := errors.AsType[*elastic.StatusError](err); err != nil && (!ok || answer.Status != http.StatusNotFound) {
		return err
	}
	a.indices = map[string]bool{}
	for _, index := range slices.Sorted(maps.Keys(mappings)) {
		a.indices[index] = true
		alias, ok := aliases[index].Aliases[readAlias]
		switch {
		case !ok:
			a.tell(out, account.Nowhere(account.IndexAlias, "", index+" is not behind the alias "+readAlias))
		case !leavesStubsOut(alias.Filter):
			a.tell(out, account.Nowhere(account.IndexAlias, "", index+" is behind the alias "+readAlias+" with its stubs of deleted posts"))
		}
		if dynamic := string(bytes.Trim(mappings[index].Mappings.Dynamic, `"`)); dynamic != "strict" {
			a.tell(out, account.Nowhere(account.IndexMapping, "", index+" takes fields that the schema does not have (dynamic is "+dynamic+")"))
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

func (a *auditor) question(ctx context.Context, r esapi.Request, into any) error {
	answer, err := elastic.Do(ctx, a.index, r, maxAnswerBytes)
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		return fmt.Errorf("ask the index what it is like: %w", err)
	}
	return nil
}
