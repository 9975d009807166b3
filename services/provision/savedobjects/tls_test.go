package savedobjects_test

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"catsvdogs/services/provision/savedobjects"
)

func TestKibanaIsBelievedWithItsAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":{"overall":{"level":"available"}}}`)
	}))
	t.Cleanup(server.Close)
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(cfg savedobjects.Config) error {
		if err := cfg.Check(); err != nil {
			return err
		}
		c, err := savedobjects.Connect(cfg)
		if err != nil {
			return err
		}
		_, err = c.Ready(t.Context())
		return err
	}
	if err := ask(savedobjects.Config{KibanaURL: server.URL, KibanaCAFile: caFile}); err != nil {
		t.Errorf("it is not believed: %v", err)
	}
	if err := ask(savedobjects.Config{KibanaURL: server.URL}); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("without its authority: %v", err)
	}
}

func TestAnAuthorityOfKibanaThatCannotCountIsAMistake(t *testing.T) {
	t.Parallel()
	for url, mistakes := range map[string]int{"http://127.0.0.1:5601": 2, "https://127.0.0.1:5601": 1, "": 2} {
		err := (&savedobjects.Config{KibanaURL: url, KibanaCAFile: os.DevNull}).Check()
		if err == nil || strings.Count(err.Error(), "--kibana-ca-file: ") != mistakes {
			t.Errorf("%q: got %v, want %d mistakes", url, err, mistakes)
		}
	}
}
