package simulator_test

import (
	"bytes"
	"net/http"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// specification is X's own OpenAPI document (version 2.159, the last one in
// the tweet vocabulary). It may not be redistributed, so the test runs where
// somebody has put it.
func specification(t *testing.T) func(name string, body string) {
	t.Helper()
	path := os.Getenv("CATSVDOGS_TEST_X_OPENAPI")
	if path == "" {
		path = "../../../shared/x-api-v2.openapi.json"
	}
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skip("X's OpenAPI document is not there: set CATSVDOGS_TEST_X_OPENAPI to its path")
	}
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4) // OpenAPI 3.0 is made of draft 4
	compiler.AssertFormat()
	if err := compiler.AddResource("x.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(name, body string) {
		t.Helper()
		schema, err := compiler.Compile("x.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%.400s is no %s: %v", body, name, err)
		}
	}
}

func TestAnswersAreWhatXSpecifies(t *testing.T) {
	t.Parallel()
	valid := specification(t)
	s := simulate(t, defaults())
	for _, step := range []struct{ schema, method, path, body string }{
		{"RulesLookupResponse", "GET", rulesPath, ""},
		{"AddOrDeleteRulesResponse", "POST", rulesPath, catRules},
		{"AddOrDeleteRulesResponse", "POST", rulesPath, catRules},
		{"AddOrDeleteRulesResponse", "POST", rulesPath, `{"add":[{"value":"--b"}]}`},
		{"AddOrDeleteRulesResponse", "POST", rulesPath + "?dry_run=true", `{"delete":{"ids":["1"]}}`},
		{"RulesLookupResponse", "GET", rulesPath + "?max_results=1", ""},
		{"Get2TweetsSearchStreamRulesCountsResponse", "GET", rulesPath + "/counts", ""},
		{"InvalidRequestProblem", "GET", streamPath + "?expansions=x", ""},
	} {
		_, text := s.do(step.method, step.path, step.body)
		valid(step.schema, text)
	}
	if resp, text := s.doWith(http.MethodGet, rulesPath, "", ""); resp.StatusCode == http.StatusUnauthorized {
		valid("Problem", text)
	}
	r := s.connect("?tweet.fields=attachments,author_id,conversation_id,created_at,display_text_range,edit_controls,entities,lang,possibly_sensitive," +
		"public_metrics,referenced_tweets,reply_settings&expansions=attachments.media_keys,author_id,referenced_tweets.id,referenced_tweets.id.author_id" +
		"&media.fields=alt_text,duration_ms,height,preview_image_url,type,url,variants,width&user.fields=created_at,public_metrics,verified,verified_type")
	for range 1000 {
		valid("FilteredStreamingTweetResponse", r.next())
	}
}
