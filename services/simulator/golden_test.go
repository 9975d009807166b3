package simulator_test

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

// changing are the parts of a body that differ from run to run.
var changing = regexp.MustCompile(`"sent":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"|"id":"\d{10,19}"|"next_token":"[0-9a-f]{16}"|` +
	`"(?:created_at|(?:up|down)load_expires_at)":"[^"]*Z"|"(?:up|down)load_url":"http://127\.0\.0\.1:\d+/compliance/(?:up|down)loads/[A-Z2-7]{26}"`)

func golden(t *testing.T, name string, resp *http.Response, body string) {
	t.Helper()
	got := strconv.Itoa(resp.StatusCode) + " " + resp.Header.Get("Content-Type") + "\n" +
		changing.ReplaceAllStringFunc(body, func(s string) string { name, _, _ := strings.Cut(s, ":"); return name + `:"…"` })
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestEveryAnswerHasItsDocumentedForm(t *testing.T) {
	t.Parallel()
	s := simulate(t, defaults())
	thousand := `{"add":[` + strings.Repeat(`{"value":"#x"},`, 999) + `{"value":"#x"}]}`
	// In order: each builds on what the ones before it left.
	steps := []struct{ name, method, path, body string }{
		{"rules_none", "GET", rulesPath, ""},
		{"stream_without_rules", "GET", streamPath, ""},
		{"stream_bad_parameters", "GET", streamPath + "?tweet.fields=id,bogus&color=red", ""},
		{"add_dry_run", "POST", rulesPath + "?dry_run=true", `{"add":[{"value":"#cat has:images","tag":"cats"}]}`},
		{"rules_none", "GET", rulesPath, ""},
		{"add_created", "POST", rulesPath, `{"add":[{"value":"#cat has:images","tag":"cats"},{"value":"#dog"}]}`},
		{"add_duplicate", "POST", rulesPath, `{"add":[{"value":"#cat has:images","tag":"another tag"}]}`},
		{"add_duplicate_and_new", "POST", rulesPath, `{"add":[{"value":"#dog"},{"value":"#bird"},{"value":"#bird"}]}`},
		{"add_invalid", "POST", rulesPath, `{"add":[{"value":"--b"}]}`},
		{"add_invalid_and_valid", "POST", rulesPath, `{"add":[{"value":"#fish"},{"value":"has:images OR"}]}`},
		{"add_long_tag", "POST", rulesPath, `{"add":[{"value":"#fish","tag":"` + strings.Repeat("x", 256) + `"}]}`},
		{"add_beyond_cap", "POST", rulesPath, distinctRules(998)},
		{"add_repeated", "POST", rulesPath + "?dry_run=true", strings.Replace(thousand, strings.Repeat(`{"value":"#x"},`, 998), "", 1)},
		{"rules_all", "GET", rulesPath, ""},
		{"rules_page", "GET", rulesPath + "?max_results=2", ""},
		{"rules_bad_page", "GET", rulesPath + "?max_results=0&pagination_token=x", ""},
		{"counts", "GET", rulesPath + "/counts", ""},
		{"delete_missing", "POST", rulesPath, `{"delete":{"ids":["1"]}}`},
		{"delete_dry_run", "POST", rulesPath + "?dry_run=true", `{"delete":{"values":["#dog","#nothing"]}}`},
		{"delete_values", "POST", rulesPath, `{"delete":{"values":["#dog","#nothing"]}}`},
		{"delete_all", "POST", rulesPath + "?delete_all=true", ""},
		{"rules_none", "GET", rulesPath, ""},
		{"delete_all_with_body", "POST", rulesPath + "?delete_all=true", `{"add":[{"value":"#cat"}]}`},
		{"body_none", "POST", rulesPath, ""},
		{"body_both", "POST", rulesPath, `{"add":[{"value":"#cat"}],"delete":{"ids":["1"]}}`},
		{"body_unknown_name", "POST", rulesPath, `{"addd":[]}`},
		{"body_goes_on", "POST", rulesPath, `{"add":[{"value":"#cat"}]}{}`},
		{"body_empty_add", "POST", rulesPath, `{"add":[]}`},
		{"body_too_large", "POST", rulesPath, strings.Repeat(" ", 16<<20+1)},
	}
	for _, step := range steps {
		resp, body := s.do(step.method, step.path, step.body)
		golden(t, step.name, resp, body)
	}
	for name, authorization := range map[string]string{"none": "", "another scheme": "Basic eDp5", "empty": "Bearer "} {
		resp, body := s.doWith("GET", rulesPath, "", authorization)
		golden(t, "unauthorized", resp, body)
		if resp.Header.Get("x-rate-limit-limit") != "" {
			t.Errorf("token %s: a 401 carries rate-limit headers", name)
		}
	}
}

func distinctRules(n int) string {
	var b strings.Builder
	b.WriteString(`{"add":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"value":"#tag` + strconv.Itoa(i) + `"}`)
	}
	b.WriteString(`]}`)
	return b.String()
}
