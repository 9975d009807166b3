package elastic_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

func TestAnAPIKeyIsReadFromItsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("aW52ZW50ZWQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
	}))
	t.Cleanup(server.Close)
	cfg := elastic.Config{ElasticsearchURL: server.URL, ElasticsearchAPIKeyFile: file}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	transport, err := elastic.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := elastic.Do(t.Context(), transport, esapi.InfoRequest{}, 1<<10); err != nil {
		t.Fatal(err)
	}
	if got != "APIKey aW52ZW50ZWQ=" {
		t.Errorf("it logs in with %q", got)
	}
}

func TestTwoWaysToLogInAtOnceAreAMistake(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("invented"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]elastic.Config{
		"a user and a key":         {ElasticsearchUsername: "cat", ElasticsearchAPIKeyFile: file},
		"a key and a file of one":  {ElasticsearchAPIKey: "invented", ElasticsearchAPIKeyFile: file},
		"a file that is not there": {ElasticsearchAPIKeyFile: file + "-not"},
	} {
		cfg.ElasticsearchURL = "http://127.0.0.1:9200"
		if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), "--elasticsearch-api-key") || strings.Contains(err.Error(), "invented") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
