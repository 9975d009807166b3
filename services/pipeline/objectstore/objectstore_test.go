package objectstore_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"catsvdogs/services/pipeline/objectstore"
)

func TestAStoreIsBelievedWithItsAuthority(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	caFile := filepath.Join(t.TempDir(), "public.crt")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(cfg objectstore.Config) (bool, error) {
		if err := cfg.Check(); err != nil {
			return false, err
		}
		client, err := objectstore.Connect(cfg)
		if err != nil {
			return false, err
		}
		return client.BucketExists(t.Context(), cfg.S3Bucket)
	}
	cfg := objectstore.Config{S3Endpoint: server.URL, S3Bucket: "archive", S3Region: "us-east-1", S3AccessKey: "key", S3SecretKey: "invented", S3CAFile: caFile}
	if there, err := ask(cfg); err != nil || !there {
		t.Errorf("it is not believed: %v", err)
	}
	without := cfg
	without.S3CAFile = ""
	if _, err := ask(without); err == nil || !strings.Contains(err.Error(), "unknown authority") || strings.Contains(err.Error(), "invented") {
		t.Errorf("without its authority: %v", err)
	}
}

func TestWhatIsGivenToReachTheStoreMustBelongTogether(t *testing.T) {
	t.Parallel()
	good := objectstore.Config{S3Endpoint: "https://s3.invalid", S3Bucket: "archive", S3AccessKey: "key", S3SecretKey: "invented"}
	for name, test := range map[string]struct {
		change func(*objectstore.Config)
		want   []string // the flag that each mistake begins with, in order
	}{
		"all":                      {func(*objectstore.Config) {}, nil},
		"nobody in particular":     {func(c *objectstore.Config) { c.S3AccessKey, c.S3SecretKey = "", "" }, nil},
		"a key without its secret": {func(c *objectstore.Config) { c.S3SecretKey = "" }, []string{"--s3-secret-key-file"}},
		"no such secret":           {func(c *objectstore.Config) { c.S3SecretKey, c.S3SecretKeyFile = "", "none" }, []string{"--s3-secret-key-file"}},
		"both secrets":             {func(c *objectstore.Config) { c.S3SecretKeyFile = "none" }, []string{"--s3-secret-key-file"}},
		"no such authority":        {func(c *objectstore.Config) { c.S3CAFile = "none" }, []string{"--s3-ca-file"}},
		"an authority for http":    {func(c *objectstore.Config) { c.S3Endpoint, c.S3CAFile = "http://s3.invalid", os.DevNull }, []string{"--s3-ca-file", "--s3-ca-file"}},
		"a secret in the address":  {func(c *objectstore.Config) { c.S3Endpoint, c.S3Bucket = "https://u:invented@s3.invalid", "" }, []string{"--s3-endpoint", "--s3-bucket"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			test.change(&c)
			var got []string
			if err := c.Check(); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			ok := len(got) == len(test.want)
			for i := range min(len(got), len(test.want)) {
				ok = ok && strings.HasPrefix(got[i], test.want[i]+": ")
			}
			if !ok || strings.Contains(strings.Join(got, ""), "invented") {
				t.Errorf("got %q, want mistakes about %q", got, test.want)
			}
		})
	}
}
