package simulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"catsvdogs/services/simulator/faultplan"
)

// besideTheRepository is where X's OpenAPI document is when somebody has put it
// next to the repository.
const besideTheRepository = "../../../shared/x-api-v2.openapi.json"

// specification is X's own OpenAPI document (version 2.159, the last one in
// the tweet vocabulary). It may not be redistributed, so the test runs where
// somebody has put it.
func specification(t *testing.T) func(name string, body string) {
	t.Helper()
	path := os.Getenv("X_OPENAPI")
	if path == "" {
		if _, err := os.Stat(besideTheRepository); err != nil {
			t.Skip("skipped: set X_OPENAPI to the path of X's OpenAPI document, or put it at ../shared/x-api-v2.openapi.json beside the repository, to check the answers against it")
		}
		path = besideTheRepository
	}
	data, err := os.ReadFile(path)
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
	query := "?tweet.fields=attachments,author_id,conversation_id,created_at,display_text_range,edit_controls,entities,lang,possibly_sensitive," +
		"public_metrics,referenced_tweets,reply_settings&expansions=attachments.media_keys,author_id,referenced_tweets.id,referenced_tweets.id.author_id" +
		"&media.fields=alt_text,duration_ms,height,preview_image_url,type,url,variants,width&user.fields=created_at,public_metrics,verified,verified_type"
	r := s.connect(query)
	var ids []string
	for range 1000 {
		text := r.next()
		valid("FilteredStreamingTweetResponse", text)
		ids = append(ids, parsePost(t, text).Data.ID)
	}
	r.close()
	_, text := s.do("GET", "/2/tweets"+query+"&ids=1,"+strings.Join(ids[:99], ","), "")
	valid("Get2TweetsResponse", text)
	var page struct {
		Data     []json.RawMessage
		Includes json.RawMessage
		Errors   []json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Errors) == 0 {
		t.Fatalf("%v: %.300s", err, text)
	}
	valid("ResourceNotFoundProblem", string(page.Errors[0]))
	// The document has the posts of a search, not the answer around them.
	_, text = s.do("GET", "/2/tweets/search/recent"+query+"&max_results=100&query=%23cat", "")
	if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Data) == 0 {
		t.Fatalf("%v: %.300s", err, text)
	}
	valid("Expansions", string(page.Includes))
	for _, post := range page.Data {
		valid("Tweet", string(post))
	}
	for _, path := range []string{"/2/tweets?ids=x", "/2/tweets/search/recent?query=has:images", "/2/tweets/counts/recent", "/2/usage/tweets?days=0", "/2/connections?status=x"} {
		_, text := s.do("GET", path, "")
		valid("InvalidRequestProblem", text)
	}
}

func TestWhatIsLostIsToldOfAsXSpecifies(t *testing.T) {
	t.Parallel()
	valid := specification(t)
	cfg := defaults()
	cfg.Posts, cfg.Remember, cfg.HalfLife, cfg.Deleted, cfg.Protected = 300, 200, time.Millisecond, 0.5, 0.5
	s, lines := live(t, cfg, "")
	s.settled()
	schemas := map[string]string{"resource-not-found": "ResourceNotFoundProblem", "not-authorized-for-resource": "ResourceUnauthorizedProblem", "resource-unavailable": "ResourceUnavailableProblem"}
	seen := map[string]bool{}
	for some := range slices.Chunk(lines, 50) {
		var ids []string
		for _, text := range some {
			ids = append(ids, parsePost(t, text).Data.ID)
		}
		_, text := s.do("GET", "/2/tweets?ids="+strings.Join(ids, ","), "")
		valid("Get2TweetsResponse", text)
		var page struct{ Errors []json.RawMessage }
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(err)
		}
		for _, raw := range page.Errors {
			var e struct{ Type string }
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			kind := e.Type[strings.LastIndex(e.Type, "/")+1:]
			seen[kind] = true
			valid(schemas[kind], string(raw))
		}
	}
	if len(seen) != len(schemas) {
		t.Errorf("seen %v", seen)
	}
	s.job("POST", jobsPath, `{"type":"tweets"}`)
	_, text := s.do("POST", jobsPath, `{"type":"tweets"}`)
	valid("ConflictProblem", text)
	_, text = s.do("POST", jobsPath, `{"type":"posts"}`)
	valid("InvalidRequestProblem", text)
}

func TestFaultsSpeakAsXSpecifies(t *testing.T) {
	t.Parallel()
	valid := specification(t)
	s := simulate(t, defaults())
	s.mustAdd(catRules)
	schemas := map[faultplan.Name]string{
		faultplan.Connect401: "Problem", faultplan.Connect402: "Problem", faultplan.Connect403: "ClientForbiddenProblem", faultplan.Connect409: "ConnectionExceptionProblem",
	}
	for name, schema := range schemas {
		f, _ := faultplan.Find(name)
		for range max(len(f.Variants), 1) {
			s.order(string(name), "")
			_, text := s.do("GET", streamPath, "")
			valid(schema, text)
		}
	}
	s.order("connect_429", `{"variant":"too_many_connections"}`)
	_, text := s.do("GET", streamPath, "")
	valid("ConnectionExceptionProblem", text)
	s.order("operational_disconnect", `{"on":true}`)
	for _, variant := range s.fault("operational_disconnect").Variants {
		lines, err := s.connect("").all()
		if err != nil {
			t.Fatal(err)
		}
		var last struct{ Errors []json.RawMessage }
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(last.Errors) != 1 {
			t.Fatalf("%s: %v %s", variant, err, lines[len(lines)-1])
		}
		schema := "OperationalDisconnectProblem"
		if variant == "client-disconnected" {
			schema = "ClientDisconnectedProblem"
		}
		valid(schema, string(last.Errors[0]))
	}
}
