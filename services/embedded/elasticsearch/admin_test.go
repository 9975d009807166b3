package elasticsearch

import (
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
)

func TestAComponentThatMayBeMissingCountsWhenItIsThere(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	const template = `{"index_patterns":["logs-20*.*"],"composed_of":["own"],"ignore_missing_component_templates":["own"]}`
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "logs", Body: strings.NewReader(template)})
	shards := func(index string) any {
		items(t, client, `{"index":{"_index":"`+index+`","_id":"1"}}`, `{}`)
		got := must(t, client, esapi.IndicesGetRequest{Index: []string{index}})[index].(map[string]any)
		return got["settings"].(map[string]any)["index"].(map[string]any)["number_of_shards"]
	}
	if got := shards("logs-2026.01"); got != "1" {
		t.Errorf("without it an index has %v shards", got)
	}
	must(t, client, esapi.ClusterPutComponentTemplateRequest{Name: "own", Body: strings.NewReader(`{"template":{"settings":{"number_of_shards":3}}}`)})
	if with, beyond := shards("logs-2026.02"), shards("logs-of-others"); with != "3" || beyond != "1" {
		t.Errorf("with it an index has %v shards, and one of another name %v", with, beyond)
	}
	must(t, client, esapi.ClusterDeleteComponentTemplateRequest{Name: "own"}) // as it could be missing before
	if got := shards("logs-2026.03"); got != "1" {
		t.Errorf("after it an index has %v shards", got)
	}
}

func TestTemplatesShapeTheIndicesToCome(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	must(t, client, esapi.ClusterPutComponentTemplateRequest{Name: "base", Body: strings.NewReader(`{"template":{"settings":{"number_of_shards":3},"mappings":{"properties":{"a":{"type":"keyword"}}}}}`)})
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "low", Body: strings.NewReader(`{"index_patterns":"logs-*","priority":1,"template":{"mappings":{"properties":{"low":{"type":"long"}}}}}`)})
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "high", Body: strings.NewReader(`{"index_patterns":["logs-*"],"priority":2,"composed_of":["base"],"_meta":{"why":"test"},
		"template":{"settings":{"index.refresh_interval":"1s"},"aliases":{"logs":{}},"mappings":{"dynamic":"strict","properties":{"b":{"type":"date"}}}}}`)})
	items(t, client, `{"index":{"_index":"logs-1","_id":"1"}}`, `{"a":"x","b":"2026-01-01"}`)
	got := must(t, client, esapi.IndicesGetRequest{Index: []string{"logs"}})["logs-1"].(map[string]any)
	want := map[string]any{"dynamic": "strict", "properties": map[string]any{"a": map[string]any{"type": "keyword"}, "b": map[string]any{"type": "date"}}}
	if diff := cmp.Diff(want, got["mappings"]); diff != "" {
		t.Error(diff)
	}
	settings := got["settings"].(map[string]any)["index"].(map[string]any)
	if settings["number_of_shards"] != "3" || settings["refresh_interval"] != "1s" || settings["provided_name"] != "logs-1" {
		t.Errorf("settings %v", settings)
	}
	if diff := cmp.Diff(map[string]any{"logs": map[string]any{}}, got["aliases"]); diff != "" {
		t.Error(diff)
	}
	for _, step := range []struct {
		request requester
		want    int
	}{
		{esapi.IndicesExistsIndexTemplateRequest{Name: "high"}, 200},
		{esapi.IndicesExistsIndexTemplateRequest{Name: "none"}, 404},
		{esapi.IndicesGetIndexTemplateRequest{Name: "hi*"}, 200},
		{esapi.ClusterDeleteComponentTemplateRequest{Name: "base"}, 400},
		{esapi.IndicesDeleteIndexTemplateRequest{Name: "high"}, 200},
		{esapi.IndicesDeleteIndexTemplateRequest{Name: "high"}, 404},
		{esapi.ClusterGetComponentTemplateRequest{Name: []string{"base"}}, 200},
		{esapi.ClusterDeleteComponentTemplateRequest{Name: "base"}, 200},
		{esapi.IndicesGetMappingRequest{Index: []string{"logs-1"}}, 200},
		{esapi.IndicesExistsRequest{Index: []string{"logs-1"}}, 200},
		{esapi.IndicesExistsRequest{Index: []string{"logs-9"}}, 404},
		{esapi.IndicesRefreshRequest{Index: []string{"logs-*"}}, 200},
		{esapi.ClusterHealthRequest{}, 200},
		{esapi.IndicesGetAliasRequest{Name: []string{"logs"}}, 200},
		{esapi.IndicesGetAliasRequest{Name: []string{"other"}}, 404},
		{esapi.CatIndicesRequest{Format: "json"}, 200},
		{esapi.IndicesCreateRequest{Index: "own", Body: strings.NewReader(`{"mappings":{"properties":{"a":{"type":"text"}}},"aliases":{"mine":{}}}`)}, 200},
		{esapi.IndicesCreateRequest{Index: "own"}, 400},
		{esapi.IndicesCreateRequest{Index: "mine"}, 400},
		{esapi.IndicesDeleteRequest{Index: []string{"own"}}, 200},
		{esapi.IndicesDeleteRequest{Index: []string{"own"}}, 404},
	} {
		if status, answer := do(t, client, step.request); status != step.want {
			t.Errorf("%T: %d %v, want %d", step.request, status, answer, step.want)
		}
	}
}

func TestADeletedIndexIsForgottenWithItsDocuments(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	items(t, client, `{"index":{"_index":"i","_id":"1","version":9,"version_type":"external"}}`, `{"n":1,"s":"word"}`)
	must(t, client, esapi.IndicesDeleteRequest{Index: []string{"i"}})
	if diff := cmp.Diff([]string{"201 created 1"}, items(t, client, `{"index":{"_index":"i","_id":"2"}}`, `{"n":2,"s":"other"}`)); diff != "" {
		t.Error(diff)
	}
	for q, want := range map[string]int{"": 1, "word": 0, "n:1": 0, "n:2": 1} {
		if got := count(t, client, "_all", q); got != want {
			t.Errorf("%s: %d, want %d", q, got, want)
		}
	}
}

func TestAnIndexNobodyDescribedLearnsItsFields(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	got := items(t, client,
		`{"index":{"_index":"i","_id":"1"}}`, `{"s":"Two Words","n":1,"f":1.5,"b":true,"d":"2026-11-23T12:00:00Z","o":[{"k":1},{"l":"x"}],"none":null,"empty":[]}`,
		`{"index":{"_index":"i","_id":"2"}}`, `{"n":"not a number"}`)
	if diff := cmp.Diff([]string{"201 created 1", "400 document_parsing_exception"}, got); diff != "" {
		t.Error(diff)
	}
	leaf := func(kind string) map[string]any { return map[string]any{"type": kind} }
	text := map[string]any{"type": "text", "fields": map[string]any{"keyword": map[string]any{"type": "keyword", "ignore_above": 256.0}}}
	want := map[string]any{"properties": map[string]any{"s": text, "n": leaf("long"), "f": leaf("float"), "b": leaf("boolean"), "d": leaf("date"),
		"o": map[string]any{"properties": map[string]any{"k": leaf("long"), "l": text}}}}
	answer := must(t, client, esapi.IndicesGetMappingRequest{Index: []string{"i"}})
	if diff := cmp.Diff(want, answer["i"].(map[string]any)["mappings"]); diff != "" {
		t.Error(diff)
	}
	for q, want := range map[string]int{`s:words`: 1, `s.keyword:"Two Words"`: 1, `s.keyword:Two`: 0, "o.k:1": 1, "o.l:x": 1, "b:true": 1, "d:>=2026-11-23": 1} {
		if got := count(t, client, "i", q); got != want {
			t.Errorf("%s: %d, want %d", q, got, want)
		}
	}
}

func FuzzTokensKeepValuesApart(f *testing.F) {
	f.Add("a", "A")
	f.Add("z41", "A")
	f.Add("", " ")
	f.Fuzz(func(t *testing.T, a, b string) {
		one, other := exactToken(1, a), exactToken(1, b)
		if (a == b) != (one == other) {
			t.Errorf("%q and %q have the tokens %s and %s", a, b, one, other)
		}
		for i := range len(one) {
			if c := one[i]; c < 0x80 && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				t.Errorf("the token %q would be split or folded", one)
			}
		}
	})
}
