package trust_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"catsvdogs/services/pipeline/trust"
)

func TestAServerIsBelievedWhenTheFileHasItsAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	get := func(caFile string) error {
		cfg, err := trust.TLS(caFile)
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}}
		answer, err := client.Get(server.URL)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}
	// Authorities may be explained, and others may stand before the right one.
	if err := get(write(t, "# ours\n"+string(block)+"# once more\n"+string(block))); err != nil {
		t.Errorf("it is not believed: %v", err)
	}
	if err := get(""); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("without the file: %v", err)
	}
}

func TestAFileThatHoldsNoAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"missing":     {filepath.Join(t.TempDir(), "none"), "no such file"},
		"a folder":    {t.TempDir(), "is a directory"},
		"empty":       {os.DevNull, "holds no certificate"},
		"DER":         {write(t, "0\x82\x01\x0a"), "holds no certificate"},
		"a key":       {write(t, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "holds no certificate"},
		"broken":      {write(t, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "certificate 1 of"},
		"much of it":  {write(t, strings.Repeat("x", 5<<20)), "over the limit"},
		"without end": {"/dev/zero", "over the limit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := trust.TLS(test.file); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
