package elastic_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/elastic"
)

func TestElasticsearchIsBelievedWithItsAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		if user, password, _ := r.BasicAuth(); user != "elastic" || password != "invented" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(server.Close)
	caFile := filepath.Join(t.TempDir(), "http_ca.crt")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(cfg elastic.Config) error {
		if err := cfg.Check(); err != nil {
			return err
		}
		transport, err := elastic.Connect(cfg)
		if err != nil {
			return err
		}
		_, err = elastic.Do(t.Context(), transport, esapi.InfoRequest{}, 1<<10)
		return err
	}
	cfg := elastic.Config{ElasticsearchURL: server.URL, ElasticsearchUsername: "elastic", ElasticsearchPassword: "invented", ElasticsearchCAFile: caFile}
	if err := ask(cfg); err != nil {
		t.Errorf("it is not believed: %v", err)
	}
	without := cfg
	without.ElasticsearchCAFile = ""
	if err := ask(without); err == nil || !strings.Contains(err.Error(), "unknown authority") || strings.Contains(err.Error(), "invented") {
		t.Errorf("without its authority: %v", err)
	}
}

func TestAnAuthorityOfElasticsearchThatCannotCountIsAMistake(t *testing.T) {
	t.Parallel()
	cfg := elastic.Config{ElasticsearchURL: "http://127.0.0.1:9200", ElasticsearchCAFile: os.DevNull}
	err := cfg.Check()
	if err == nil || strings.Count(err.Error(), "--elasticsearch-ca-file: ") != 2 {
		t.Errorf("got %v, want that it is for https, and that it holds nothing", err)
	}
	if _, err := elastic.Connect(cfg); err == nil {
		t.Error("it is connected all the same")
	}
}
