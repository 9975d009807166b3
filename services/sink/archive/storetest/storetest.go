// Package storetest gives tests an object store: the embedded one, or the real one that S3_ENDPOINT, S3_ACCESS_KEY and
// S3_SECRET_KEY name.
package storetest

import (
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/objectstore"
)

// Start returns a client of a store and a bucket of its own that lives as long as the test.
func Start(t testing.TB) (client *minio.Client, bucket string) {
	t.Helper()
	cfg := objectstore.Config{
		S3Endpoint: os.Getenv("S3_ENDPOINT"), S3AccessKey: os.Getenv("S3_ACCESS_KEY"),
		S3SecretKey: config.Secret(os.Getenv("S3_SECRET_KEY")), S3Region: "us-east-1",
	}
	if !IsReal() {
		server, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		access, secret := server.Credentials()
		cfg.S3Endpoint, cfg.S3AccessKey, cfg.S3SecretKey = server.URL(), access, config.Secret(secret)
	}
	client, err := objectstore.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	bucket = "test-" + strings.ToLower(rand.Text())
	if err := client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return client, bucket
}

// IsReal says whether the store is a real one, which wants parts of 5 MiB and may keep versions.
func IsReal() bool { return os.Getenv("S3_ENDPOINT") != "" }
