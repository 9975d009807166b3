package elasticsearch

import (
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
)

func TestAMappingGrowsAndStaysGrown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, client := start(t, dir)
	must(t, client, esapi.IndicesCreateRequest{Index: "i", Body: strings.NewReader(`{"mappings":{"dynamic":"strict","properties":{"text":{"type":"text"},"o":{"properties":{"a":{"type":"long"}}}}}}`)})
	must(t, client, esapi.IndicesPutMappingRequest{Index: []string{"i"}, Body: strings.NewReader(`{"properties":{"text":{"type":"text","fields":{"raw":{"type":"keyword"}}},"o":{"properties":{"b":{"type":"date"}}},"new":{"type":"keyword"}}}`)})
	if diff := cmp.Diff([]string{"201 created 1"}, items(t, client, `{"index":{"_index":"i","_id":"1"}}`, `{"text":"Two Words","new":"x","o":{"a":1,"b":"2026-01-01"}}`)); diff != "" {
		t.Error(diff)
	}
	if got := count(t, client, "i", `text.raw:"Two Words" AND new:x`); got != 1 {
		t.Errorf("%d documents are found by the new fields, want 1", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, client = start(t, dir)
	leaf := func(kind string) map[string]any { return map[string]any{"type": kind} }
	want := map[string]any{"dynamic": "strict", "properties": map[string]any{
		"text": map[string]any{"type": "text", "fields": map[string]any{"raw": leaf("keyword")}},
		"o":    map[string]any{"properties": map[string]any{"a": leaf("long"), "b": leaf("date")}}, "new": leaf("keyword"),
	}}
	if diff := cmp.Diff(want, must(t, client, esapi.IndicesGetMappingRequest{Index: []string{"i"}})["i"].(map[string]any)["mappings"]); diff != "" {
		t.Error(diff)
	}
}

func TestAFieldNeverChangesItsType(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	must(t, client, esapi.IndicesCreateRequest{Index: "i", Body: strings.NewReader(`{"mappings":{"properties":{"k":{"type":"keyword"},"d":{"type":"date"},"o":{"properties":{"a":{"type":"long"}}}}}}`)})
	for _, body := range []string{
		`{"properties":{"k":{"type":"long"}}}`,
		`{"properties":{"k":{"type":"keyword","index":false}}}`,
		`{"properties":{"d":{"type":"date","format":"epoch_millis"}}}`,
		`{"properties":{"o":{"properties":{"a":{"type":"date"}}}}}`,
		`{"properties":{"o":{"type":"keyword"}}}`,
		`{"properties":{"new":{"type":"keyword"},"k":{"type":"text"}}}`,
	} {
		if status, answer := do(t, client, esapi.IndicesPutMappingRequest{Index: []string{"i"}, Body: strings.NewReader(body)}); status != 400 {
			t.Errorf("%s: %d %v", body, status, answer)
		}
	}
	mapping := must(t, client, esapi.IndicesGetMappingRequest{Index: []string{"i"}})["i"].(map[string]any)["mappings"].(map[string]any)
	if mapping["properties"].(map[string]any)["new"] != nil {
		t.Error("a refused mapping was taken in part")
	}
	if status, _ := do(t, client, esapi.IndicesPutMappingRequest{Index: []string{"none"}, Body: strings.NewReader(`{}`)}); status != 404 {
		t.Errorf("an index that is not there answers %d", status)
	}
}

func TestAliasesOfAnIndexChangeTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, client := start(t, dir)
	must(t, client, esapi.IndicesCreateRequest{Index: "i-1"})
	must(t, client, esapi.IndicesCreateRequest{Index: "i-2", Body: strings.NewReader(`{"aliases":{"old":{}}}`)})
	items(t, client, `{"index":{"_index":"i-1","_id":"1"}}`, `{"n":1}`, `{"index":{"_index":"i-2","_id":"2"}}`, `{"n":2}`)
	change := func(actions string) int {
		status, _ := do(t, client, esapi.IndicesUpdateAliasesRequest{Body: strings.NewReader(`{"actions":[` + actions + `]}`)})
		return status
	}
	for actions, want := range map[string]int{
		`{"add":{"index":"none","alias":"a"}}`:                                                404,
		`{"add":{"index":"i-1","alias":"i-2"}}`:                                               400,
		`{"add":{"index":"i-1"}}`:                                                             400,
		`{"add":{"index":"i-1","alias":"a","filter":{"what":{}}}}`:                            400,
		`{"remove_index":{"index":"i-1"}}`:                                                    400,
		`{"add":{"index":"i-1","alias":"a"}},{"remove":{"index":"i-1","alias":"b"}}`:          404,
		`{"remove":{"index":"i-1","alias":"b","must_exist":false}}`:                           200,
		`{"add":{"index":"i-*","alias":"low","filter":{"range":{"n":{"lt":2}}}}}`:             200,
		`{"add":{"indices":["i-1"],"aliases":["all"]}},{"add":{"index":"i-2","alias":"all"}}`: 200,
		`{"remove":{"index":"i-2","alias":"old"}},{"add":{"index":"i-1","alias":"new"}}`:      200,
	} {
		if got := change(actions); got != want {
			t.Errorf("%s: %d, want %d", actions, got, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, client = start(t, dir)
	for alias, want := range map[string]int{"low": 1, "all": 2, "new": 1} {
		if got := count(t, client, alias, ""); got != want {
			t.Errorf("%s shows %d documents, want %d", alias, got, want)
		}
	}
	for _, alias := range []string{"a", "old"} {
		if status, _ := do(t, client, esapi.IndicesGetAliasRequest{Name: []string{alias}}); status != 404 {
			t.Errorf("%s answers %d", alias, status)
		}
	}
}

func TestASimulationSaysWhatAnIndexWouldBe(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	must(t, client, esapi.ClusterPutComponentTemplateRequest{Name: "c", Body: strings.NewReader(`{"template":{"mappings":{"properties":{"a":{"type":"keyword"}}}}}`)})
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "i", Body: strings.NewReader(`{"index_patterns":["i-*"],"composed_of":["c"],"template":{"settings":{"number_of_replicas":2},"aliases":{"all":{}}}}`)})
	simulated := must(t, client, esapi.IndicesSimulateIndexTemplateRequest{Name: "i-1"})["template"]
	want := map[string]any{
		"settings": map[string]any{"index": map[string]any{"number_of_replicas": "2"}},
		"mappings": map[string]any{"properties": map[string]any{"a": map[string]any{"type": "keyword"}}},
		"aliases":  map[string]any{"all": map[string]any{}},
	}
	if diff := cmp.Diff(want, simulated); diff != "" {
		t.Error(diff)
	}
}

func TestThereIsNoLifecycleManagement(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	if status, _ := do(t, client, esapi.ILMGetLifecycleRequest{Policy: "p"}); status != 400 {
		t.Errorf("got %d, want 400 as from a server without", status)
	}
}
