package provision

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/elastic"
)

// lifecycleServer answers for the one policy as an Elasticsearch that has ILM: what is put comes back under its name
// with a version.
func lifecycleServer(t *testing.T, policy string) (*indexServer, *string, *[]string) {
	t.Helper()
	stored := policy
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		switch {
		case r.URL.Path != "/_ilm/policy/catsvdogs":
			w.WriteHeader(http.StatusBadRequest)
		case r.Method == http.MethodPut:
			var body struct {
				Policy json.RawMessage `json:"policy"`
			}
			content, err := gzip.NewReader(r.Body) // as the transport sends it
			if err == nil {
				err = json.NewDecoder(content).Decode(&body)
			}
			if err != nil || body.Policy == nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			stored = string(body.Policy)
			_, _ = io.WriteString(w, `{"acknowledged":true}`)
		case stored == "":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"type":"resource_not_found_exception","reason":"Lifecycle policy not found: catsvdogs"},"status":404}`)
		default:
			_, _ = fmt.Fprintf(w, `{"catsvdogs":{"version":3,"modified_date":"2026-11-23T12:00:00.000Z","policy":%s,"in_use_by":{"indices":[]}}}`, stored)
		}
	}))
	t.Cleanup(server.Close)
	transport, err := elastic.Connect(elastic.Config{ElasticsearchURL: server.URL, ElasticsearchUsername: "x"})
	if err != nil {
		t.Fatal(err)
	}
	lines := &[]string{}
	return &indexServer{transport: transport, tell: func(subject, format string, args ...any) {
		*lines = append(*lines, subject+": "+fmt.Sprintf(format, args...))
	}}, &stored, lines
}

func TestAPolicyIsMadeOrLengthenedAndNeverShortened(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	of := func(age, kept string) string {
		return `{"phases":{"warm":{"min_age":"1d","actions":{}},"delete":{"min_age":"` + age + `","actions":{"delete":{"delete_searchable_snapshot":true}}}},"_meta":{"keep":"` + kept + `"}}`
	}
	const forever = `{"phases":{"hot":{"min_age":"0ms","actions":{}}},"_meta":{"keep":"0h"}}`
	for name, test := range map[string]struct {
		have   string
		keep   time.Duration
		says   string
		stored time.Duration
		named  bool
	}{
		"missing":                         {"", 365 * day, "made, deletes an index 396 days after it was made, so that each post stays 365 days at least", 396 * day, true},
		"not wanted":                      {"", 0, "none", 0, false},
		"missing, for a day":              {"", day, "made, deletes an index 32 days after it was made, so that each post stays 1 day at least", 32 * day, true},
		"missing, for hours":              {"", 25 * time.Hour, "made, deletes an index 769 hours after it was made, so that each post stays 25 hours at least", 769 * time.Hour, true},
		"as wanted":                       {of("9504h", "9504h"), 365 * day, "found, deletes an index 396 days after", 396 * day, true},
		"as wanted in other units":        {of("396d", "9504h"), 365 * day, "found, deletes an index 396 days after", 396 * day, true},
		"without the days of an index":    {of("8760h", "8760h"), 365 * day, "changed, deletes an index 396 days after it was made, so that each post stays 365 days at least; before, it was 365 days", 396 * day, true},
		"to be longer":                    {of("8760h", "8760h"), 730 * day, "changed, deletes an index 761 days after", 761 * day, true},
		"to be for ever":                  {of("8760h", "8760h"), 0, "changed, deletes no index; before, it was 365 days", 0, true},
		"to be shorter":                   {of("8760h", "8760h"), 30 * day, "left as it is", 365 * day, true},
		"to end":                          {forever, 30 * day, "different: it deletes no index; asked for: it deletes an index 61 days after it was made; left as it is", 0, true},
		"shortened by a person":           {of("48h", "8760h"), 365 * day, "a person has set it: it deletes an index 2 days after", 2 * day, true},
		"at once":                         {of("0ms", "0h"), 0, "different: it deletes an index at once; left as it is", -1, true},
		"made by a person":                {`{"phases":{"delete":{"min_age":"7d","actions":{}}}}`, 365 * day, "a person has set it", 7 * day, true},
		"with a time that cannot be read": {of("soon", "8760h"), 365 * day, "is no time; left as it is", -1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, stored, lines := lifecycleServer(t, test.have)
			policy, err := s.ensureLifecycle(t.Context(), test.keep)
			if err != nil {
				t.Fatal(err)
			}
			if (policy == lifecyclePolicy) != test.named {
				t.Errorf("the policy to follow is %q", policy)
			}
			if told := strings.Join(*lines, "\n"); !strings.Contains(told, test.says) || strings.Contains(told, "\n") {
				t.Errorf("it says %q, want %q", told, test.says)
			}
			if *stored == "" {
				return
			}
			now := parse(t, *stored)
			if kept, err := deletedAt(now); test.stored >= 0 && (err != nil || kept != test.stored) {
				t.Errorf("it keeps indices for %s (%v), want %s", kept, err, test.stored)
			}
			if strings.Contains(test.have, "warm") && at(now, "phases", "warm") == nil {
				t.Error("another phase is lost")
			}
			// The second time there is nothing to change.
			before := *stored
			if _, err := s.ensureLifecycle(t.Context(), test.keep); err != nil || *stored != before {
				t.Errorf("the second time it becomes %s (%v)", *stored, err)
			}
		})
	}
}

// answering is a server that says one thing.
func answering(t *testing.T, status int, body string) *indexServer {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	transport, err := elastic.Connect(elastic.Config{ElasticsearchURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return &indexServer{transport: transport, tell: func(string, string, ...any) {}}
}

func TestOnlyAServerThatSaysSoHasNoLifecycles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		none   bool
	}{
		// As Elasticsearch 8.19.13 without the module answers.
		"no endpoint":         {http.StatusBadRequest, `{"error":"no handler found for uri [/_ilm/policy/catsvdogs] and method [GET]"}`, true},
		"another method":      {http.StatusMethodNotAllowed, `{"error":"Incorrect HTTP method for uri [/_ilm/policy] and method [GET], allowed: [POST]","status":405}`, true},
		"serverless":          {http.StatusGone, `{"error":{"type":"api_not_available_exception","reason":"not available when running in serverless mode"},"status":410}`, true},
		"a bad request":       {http.StatusBadRequest, `{"error":{"type":"illegal_argument_exception","reason":"something else"},"status":400}`, false},
		"a 405 of a proxy":    {http.StatusMethodNotAllowed, `method not allowed`, false},
		"a name in a refusal": {http.StatusBadRequest, `{"error":{"type":"illegal_argument_exception","reason":"x: no handler found for uri"},"status":400}`, false},
		"not implemented":     {http.StatusNotImplemented, ``, false},
		"not allowed":         {http.StatusForbidden, `{"error":{"type":"security_exception","reason":"no"},"status":403}`, false},
	} {
		policy, err := answering(t, test.status, test.body).ensureLifecycle(t.Context(), 48*time.Hour)
		if (err == nil) != test.none || policy != "" {
			t.Errorf("%s: got %q, %v", name, policy, err)
		}
	}
}

// refusing lets nobody look at policies, and has these settings.
type refusing struct{ settings string }

func (r refusing) Perform(q *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	answer.Header().Set("X-Elastic-Product", "Elasticsearch")
	if strings.HasPrefix(q.URL.Path, "/_ilm/") {
		answer.WriteHeader(http.StatusForbidden)
	} else {
		_, _ = fmt.Fprintf(answer, `{"component_templates":[{"name":"catsvdogs-settings","component_template":%s}]}`, r.settings)
	}
	return answer.Result(), nil
}

func TestALifecycleThatCannotBeLookedAtStays(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		`{"template":{"settings":{"index":{"lifecycle":{"name":"catsvdogs"}}}}}`: lifecyclePolicy,
		`{"template":{"settings":{"index":{"lifecycle":{"name":"theirs"}}}}}`:    "",
		`{"template":{"settings":{"index":{"number_of_shards":"1"}}}}`:           "",
	} {
		s := &indexServer{transport: refusing{settings}, tell: func(subject, _ string, _ ...any) { t.Errorf("it tells of %s", subject) }}
		if policy, err := s.ensureLifecycle(t.Context(), 0); err != nil || policy != want {
			t.Errorf("%s: follows %q, want %q (%v)", settings, policy, want, err)
		}
		if _, err := s.ensureLifecycle(t.Context(), 48*time.Hour); statusOf(err) != http.StatusForbidden {
			t.Errorf("one that is wanted passes without the right: %v", err)
		}
	}
}

func TestThePolicyStandsInTheSettingsOfEveryIndex(t *testing.T) {
	t.Parallel()
	const settings = `{"template":{"settings":{"index":{"number_of_shards":1,"number_of_replicas":0}}}}`
	for policy, want := range map[string]string{
		"":          `{"template":{"settings":{"index":{"number_of_shards":1,"number_of_replicas":2}}}}`,
		"catsvdogs": `{"template":{"settings":{"index":{"number_of_shards":1,"number_of_replicas":2,"lifecycle":{"name":"catsvdogs"}}}}}`,
	} {
		got, err := withSettings([]byte(settings), 2, policy)
		if err != nil {
			t.Fatal(err)
		}
		if !sameTemplate(parse(t, want), parse(t, string(got))) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if _, err := withSettings([]byte(`{}`), 1, ""); err == nil {
		t.Error("a component without settings is taken")
	}
}

func FuzzAgesAreReadOrRefused(f *testing.F) {
	for _, seed := range []string{"8760h", "365d", "0ms", "-1", "", "d", "99999999999999d", "1.5h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseAge(text); err == nil && (d < 0 || text == "") {
			t.Errorf("%q is %s", text, d)
		}
	})
}
