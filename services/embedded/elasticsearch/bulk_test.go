package elasticsearch

import (
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
)

const strictTemplate = `{
  "index_patterns": ["tweets-*"], "priority": 200,
  "template": {
    "settings": {"index": {"number_of_shards": 1, "refresh_interval": "1s"}},
    "aliases": {"tweets": {"filter": {"bool": {"must_not": [{"exists": {"field": "deleted_at"}}]}}}},
    "mappings": {"dynamic": "strict", "properties": {
      "@timestamp": {"type": "date"}, "deleted_at": {"type": "date"},
      "text": {"type": "text"}, "lang": {"type": "keyword"}, "teams": {"type": "keyword"},
      "url": {"type": "keyword", "index": false},
      "likes": {"type": "integer"}, "popularity": {"type": "double"}, "promotional": {"type": "boolean"},
      "matched_rules": {"properties": {"id": {"type": "keyword"}, "tag": {"type": "keyword"}}}
    }}
  }
}`

func startStrict(t testing.TB) esapi.Transport {
	t.Helper()
	_, client := start(t, t.TempDir())
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "tweets", Body: strings.NewReader(strictTemplate)})
	return client
}

func TestVersionsDecideWhoWins(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	const conflict = "409 version_conflict_engine_exception"
	external := func(action, kind, version string) string {
		return `{"` + action + `":{"_index":"i","_id":"` + kind + `","version":` + version + `,"version_type":"` + kind + `"}}`
	}
	for _, step := range []struct{ action, want string }{
		{`{"index":{"_index":"i","_id":"own"}}`, "201 created 1"},
		{`{"index":{"_index":"i","_id":"own"}}`, "200 updated 2"},
		{`{"create":{"_index":"i","_id":"own"}}`, conflict},
		{`{"delete":{"_index":"i","_id":"own"}}`, "200 deleted 3"},
		{`{"delete":{"_index":"i","_id":"own"}}`, "404 not_found 4"},
		{`{"create":{"_index":"i","_id":"own"}}`, "201 created 5"},
		{external("index", "external", "5"), "201 created 5"},
		{external("index", "external", "5"), conflict},
		{external("index", "external", "6"), "200 updated 6"},
		{external("index", "external_gte", "5"), "201 created 5"},
		{external("index", "external_gte", "5"), "200 updated 5"},
		{external("index", "external_gte", "4"), conflict},
		{external("delete", "external_gte", "4"), conflict},
		{external("delete", "external_gte", "9"), "200 deleted 9"},
		{external("index", "external_gte", "8"), conflict},
		{external("index", "external_gte", "9"), "201 created 9"},
	} {
		lines := []string{step.action}
		if !strings.Contains(step.action, "delete") {
			lines = append(lines, `{"a":1}`)
		}
		if diff := cmp.Diff([]string{step.want}, items(t, client, lines...)); diff != "" {
			t.Errorf("%s: %s", step.action, diff)
		}
	}
	if n := count(t, client, "i", ""); n != 3 {
		t.Errorf("%d documents are left", n)
	}
}

func TestEachItemIsJudgedAloneAndInOrder(t *testing.T) {
	t.Parallel()
	client := startStrict(t)
	got := items(t, client,
		`{"index":{"_index":"tweets-1","_id":"1"}}`, `{"lang":"en","url":"http://localhost/","likes":"7","matched_rules":[{"id":"1","tag":"a"},{"id":"2"}],"text":null,"@timestamp":1700000000000}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"unknown":1}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"matched_rules":{"extra":1}}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"@timestamp":"yesterday"}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"likes":3000000000}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"likes":"many"}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"lang":{"code":"en"}}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"matched_rules":"a"}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"promotional":"perhaps"}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"popularity":true}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"lang":`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `[]`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{} {}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, strings.Repeat(`{"matched_rules":`, 30)+`1`+strings.Repeat(`}`, 30),
		`{"index":{"_index":"BAD","_id":"2"}}`, `{}`,
		`{"delete":{"_index":"nowhere","_id":"2"}}`,
		`{"index":{"_index":"tweets-1","_id":"`+strings.Repeat("x", 513)+`"}}`, `{}`,
		`{"index":{"_index":"tweets-1","_id":""}}`, `{}`,
		`{"index":{"_index":"tweets-1","_id":"2","version":1}}`, `{}`,
		`{"create":{"_index":"tweets-1","_id":"2","version":1,"version_type":"external"}}`, `{}`,
		`{"index":{"_index":"tweets-2","_id":"2"}}`, `{"lang":"de"}`,
	)
	want := []string{
		"201 created 1", "400 strict_dynamic_mapping_exception", "400 strict_dynamic_mapping_exception",
		"400 document_parsing_exception", "400 document_parsing_exception", "400 document_parsing_exception", "400 document_parsing_exception",
		"400 document_parsing_exception", "400 document_parsing_exception", "400 document_parsing_exception", "400 document_parsing_exception",
		"400 document_parsing_exception", "400 document_parsing_exception", "400 strict_dynamic_mapping_exception",
		"400 invalid_index_name_exception", "404 index_not_found_exception", "400 illegal_argument_exception", "400 illegal_argument_exception",
		"400 action_request_validation_exception", "400 action_request_validation_exception", "201 created 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := count(t, client, "tweets", ""); n != 2 {
		t.Errorf("%d documents", n)
	}
}

func TestTheAnswerToAnItemHasAllThatElasticsearchSays(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	answer := must(t, client, esapi.BulkRequest{Index: "i", Refresh: "true", Body: strings.NewReader(`{"index":{"_id":"a"}}` + "\n{}\n" + `{"create":{"_id":"a"}}` + "\n{}\n")})
	want := []any{
		map[string]any{"index": map[string]any{"_index": "i", "_id": "a", "_version": 1.0, "result": "created", "_seq_no": 0.0, "_primary_term": 1.0,
			"_shards": map[string]any{"total": 1.0, "successful": 1.0, "failed": 0.0}, "status": 201.0}},
		map[string]any{"create": map[string]any{"_index": "i", "_id": "a", "status": 409.0, "error": map[string]any{
			"type": "version_conflict_engine_exception", "index": "i", "reason": "[a]: version conflict, document already exists (current version [1])"}}},
	}
	if diff := cmp.Diff(want, answer["items"]); diff != "" {
		t.Error(diff)
	}
	if answer["errors"] != true {
		t.Errorf("errors is %v", answer["errors"])
	}
}

func TestABrokenBulkIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s, client := start(t, t.TempDir())
	good := `{"index":{"_index":"i","_id":"good"}}` + "\n{}\n"
	for name, body := range map[string]string{
		"empty":               "",
		"blank":               "\n\n",
		"no final newline":    good + `{"delete":{"_index":"i","_id":"x"}}`,
		"action is no object": good + "[]\n{}\n",
		"action is no JSON":   good + "{\n{}\n",
		"two actions":         good + `{"index":{},"delete":{}}` + "\n{}\n",
		"no action":           good + "{}\n{}\n",
		"unknown action":      good + `{"update":{"_index":"i","_id":"x"}}` + "\n{}\n",
		"unknown parameter":   good + `{"index":{"_index":"i","pipeline":"p"}}` + "\n{}\n",
		"no document":         good + `{"index":{"_index":"i"}}` + "\n",
		"unknown version":     good + `{"index":{"_index":"i","_id":"x","version":1,"version_type":"force"}}` + "\n{}\n",
		"version is no long":  good + `{"index":{"_index":"i","_id":"x","version":1.5,"version_type":"external"}}` + "\n{}\n",
	} {
		if status, _, answer := raw(t, s, "POST", "/_bulk", body, nil); status != 400 || !strings.Contains(answer, `"root_cause"`) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if n := count(t, client, "_all", ""); n != 0 {
		t.Errorf("%d documents of refused bulks are there", n)
	}
}

func TestAReplacedDocumentIsFoundByItsNewValuesOnly(t *testing.T) {
	t.Parallel()
	client := startStrict(t)
	items(t, client, `{"index":{"_index":"tweets-1","_id":"1"}}`, `{"lang":"en","likes":5,"text":"sleepy cat","popularity":0.5}`)
	items(t, client, `{"index":{"_index":"tweets-1","_id":"1"}}`, `{"lang":"de","likes":9,"text":"wacher Hund"}`)
	for q, want := range map[string]int{"lang:en": 0, "lang:de": 1, "likes:5": 0, "likes:9": 1, "text:cat": 0, "text:hund": 1, "popularity:>0": 0, "popularity:*": 0, "": 1} {
		if n := count(t, client, "tweets", q); n != want {
			t.Errorf("%s: %d", q, n)
		}
	}
	items(t, client, `{"delete":{"_index":"tweets-1","_id":"1"}}`)
	for _, q := range []string{"lang:de", "likes:9", "text:hund", ""} {
		if n := count(t, client, "tweets-*", q); n != 0 {
			t.Errorf("after the deletion, %s: %d", q, n)
		}
	}
	status, answer := do(t, client, esapi.GetRequest{Index: "tweets-1", DocumentID: "1"})
	if status != 404 || answer["found"] != false {
		t.Errorf("got %d %v", status, answer)
	}
}

func TestADocumentComesBackAsItWasSent(t *testing.T) {
	t.Parallel()
	s, client := start(t, t.TempDir())
	source := `{"n":12345678901234567890,"t":"<&> é \u00e9"}`
	items(t, client, `{"index":{"_index":"i","_id":"at://a/b c"}}`, source)
	if status, _, text := raw(t, s, "GET", "/i/_doc/at:%2F%2Fa%2Fb%20c", "", nil); status != 200 || !strings.Contains(text, source) {
		t.Errorf("got %d %s", status, text)
	}
	if status, _, text := raw(t, s, "HEAD", "/i/_doc/at:%2F%2Fa%2Fb%20c", "", nil); status != 200 || text != "" {
		t.Errorf("got %d %q", status, text)
	}
}

func FuzzBulkBody(f *testing.F) {
	f.Add([]byte(`{"index":{"_index":"i","_id":"1","version":3,"version_type":"external_gte"}}` + "\n" + `{"a":[1,{"b":null}]}` + "\n"))
	f.Add([]byte(`{"delete":{"_index":"i","_id":"1"}}` + "\r\n"))
	f.Add([]byte("\n"))
	mapping, err := parseMapping([]byte(`{"properties":{"a":{"type":"long"},"d":{"type":"date"},"o":{"properties":{"k":{"type":"keyword"}}}}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		operations, err := parseBulk(body, "default")
		if (err == nil) != (len(operations) > 0) {
			t.Errorf("%d operations and error %v", len(operations), err)
		}
		for _, op := range operations {
			document, err := decodeDocument(op.source)
			if err != nil {
				continue
			}
			content, err := indexDocument(mapping, op.id, document)
			if err != nil {
				continue
			}
			again, err := indexDocument(content.mapping, op.id, document)
			if err != nil || len(again.postings) != len(content.postings) {
				t.Errorf("against the mapping that it has made, the document has %d values and error %v, first %d", len(again.postings), err, len(content.postings))
			}
		}
	})
}
