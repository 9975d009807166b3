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
		"missing":                         {"", 365 * day, "made, deletes an index 365 days after", 365 * day, true},
		"not wanted":                      {"", 0, "none", 0, false},
		"as wanted":                       {of("8760h", "8760h"), 365 * day, "found", 365 * day, true},
		"as wanted in other units":        {of("365d", "8760h"), 365 * day, "found", 365 * day, true},
		"to be longer":                    {of("8760h", "8760h"), 730 * day, "changed, deletes an index 730 days after it was made, not 365 days", 730 * day, true},
		"to be for ever":                  {of("8760h", "8760h"), 0, "changed, deletes an index never", 0, true},
		"to be shorter":                   {of("8760h", "8760h"), 30 * day, "left as it is", 365 * day, true},
		"to end":                          {forever, 30 * day, "left as it is", 0, true},
		"shortened by a person":           {of("48h", "8760h"), 365 * day, "a person has set it", 2 * day, true},
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
			if kept, err := keptBy(now); test.stored >= 0 && (err != nil || kept != test.stored) {
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
