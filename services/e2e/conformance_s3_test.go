//go:build unix

package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"catsvdogs/services/embedded/s3"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/objectstore"
)

func TestTheEmbeddedStoreAnswersAsS3Does(t *testing.T) {
	t.Parallel()
	server, err := s3.Start(t.Context(), s3.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), AccessKey: "key", SecretKey: "secret of the key", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	cfg := objectstore.Config{S3Endpoint: server.URL(), S3AccessKey: "key", S3SecretKey: "secret of the key", S3Region: "us-east-1"}
	conform(t, newStoreUnderTest(t, cfg), storeQuestions(), storeDifferences())
}

func TestRealMinIOAnswersAsIsWrittenDown(t *testing.T) {
	s := realServers(t)
	conform(t, newStoreUnderTest(t, s.bucket("")), storeQuestions(), nil)
}

// storeUnderTest is an S3 store with a bucket of the test's own.
type storeUnderTest struct {
	*minio.Client
	cfg    objectstore.Config
	bucket string
}

func newStoreUnderTest(t *testing.T, cfg objectstore.Config) *storeUnderTest {
	t.Helper()
	cfg.S3Bucket = "e2e-" + strings.ToLower(rand.Text())
	client, err := objectstore.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &storeUnderTest{Client: client, cfg: cfg, bucket: cfg.S3Bucket}
	if err := s.MakeBucket(t.Context(), s.bucket, minio.MakeBucketOptions{Region: cfg.S3Region}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the test's own context has ended
		for o := range s.ListObjects(context.Background(), s.bucket, minio.ListObjectsOptions{Recursive: true}) {
			_ = s.RemoveObject(context.Background(), s.bucket, o.Key, minio.RemoveObjectOptions{})
		}
		_ = s.RemoveBucket(context.Background(), s.bucket)
	})
	return s
}

// as is the same store with other keys.
func (s *storeUnderTest) as(t *testing.T, access, secret string) *storeUnderTest {
	t.Helper()
	other := *s
	other.cfg.S3AccessKey, other.cfg.S3SecretKey = access, config.Secret(secret)
	var err error
	if other.Client, err = objectstore.Connect(other.cfg); err != nil {
		t.Fatal(err)
	}
	return &other
}

func (s *storeUnderTest) put(t *testing.T, key, content string, options minio.PutObjectOptions) error {
	t.Helper()
	_, err := s.PutObject(t.Context(), s.bucket, key, strings.NewReader(content), int64(len(content)), options)
	return err
}

// get returns what an object holds, or the brief refusal.
func (s *storeUnderTest) get(t *testing.T, key string, options minio.GetObjectOptions) string {
	t.Helper()
	o, err := s.GetObject(t.Context(), s.bucket, key, options)
	if err != nil {
		return refusal(err)
	}
	defer func() { _ = o.Close() }()
	content, err := io.ReadAll(o)
	if err != nil {
		return refusal(err)
	}
	return string(content)
}

// keys lists what is below a prefix, page by page as the server cuts them. MinIO may end with a page of nothing.
func (s *storeUnderTest) keys(t *testing.T, prefix, delimiter string, perPage int) []string {
	t.Helper()
	core, said := minio.Core{Client: s.Client}, []string(nil)
	for token := ""; ; {
		page, err := core.ListObjectsV2(s.bucket, prefix, "", token, delimiter, perPage)
		if err != nil {
			return append(said, refusal(err))
		}
		var line []string
		for _, o := range page.Contents {
			line = append(line, o.Key)
		}
		for _, p := range page.CommonPrefixes {
			line = append(line, p.Prefix)
		}
		if line != nil || said == nil {
			said = append(said, strings.Join(line, " "))
		}
		if token = page.NextContinuationToken; !page.IsTruncated || token == "" {
			return said
		}
	}
}

// refusal is status and code of an answer that is no success.
func refusal(err error) string {
	if err == nil {
		return "ok"
	}
	r := minio.ToErrorResponse(err)
	return fmt.Sprint(r.StatusCode, " ", r.Code)
}
