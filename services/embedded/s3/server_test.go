package s3

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const bucket = "archive"

// start runs a server on dir until the test ends and returns a client of it.
func start(t *testing.T, dir string) (*Server, *minio.Client) {
	t.Helper()
	s, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Dir: dir, AccessKey: "demo", SecretKey: "not a secret", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, connect(t, s, "demo", "not a secret")
}

func connect(t *testing.T, s *Server, access, secret string) *minio.Client {
	t.Helper()
	client, err := minio.New(s.Endpoint(), &minio.Options{
		Creds: credentials.NewStaticV4(access, secret, ""), TrailingHeaders: true, MaxRetries: 1,
		Transport: &http.Transport{DisableKeepAlives: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func startWithBucket(t *testing.T) (*Server, *minio.Client, string) {
	t.Helper()
	dir := t.TempDir()
	s, client := start(t, dir)
	if err := client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return s, client, dir
}

func put(t *testing.T, client *minio.Client, key, content string, opts minio.PutObjectOptions) error {
	t.Helper()
	_, err := client.PutObject(t.Context(), bucket, key, strings.NewReader(content), int64(len(content)), opts)
	return err
}

func get(t *testing.T, client *minio.Client, key string, opts minio.GetObjectOptions) (string, error) {
	t.Helper()
	object, err := client.GetObject(t.Context(), bucket, key, opts)
	if err != nil {
		return "", err
	}
	defer func() { _ = object.Close() }()
	content, err := io.ReadAll(object)
	return string(content), err
}

func code(err error) string { return minio.ToErrorResponse(err).Code }

func TestAnObjectComesBackWithItsMetadataAndIsAPlainFile(t *testing.T) {
	t.Parallel()
	_, client, dir := startWithBucket(t)
	key := "tweets.raw/dt=2026-11-23/hour=12/tweets.raw-0-42 é+&.ndjson.zst"
	err := put(t, client, key, "content", minio.PutObjectOptions{ContentType: "application/zstd", UserMetadata: map[string]string{"Last-Offset": "99"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, client, key, minio.GetObjectOptions{}); got != "content" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	info, err := client.StatObject(t.Context(), bucket, key, minio.StatObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Size != 7 || info.UserMetadata["Last-Offset"] != "99" || info.ContentType != "application/zstd" ||
		info.Metadata.Get("Content-Encoding") != "" || time.Since(info.LastModified).Abs() > time.Minute {
		t.Errorf("got %+v", info)
	}
	for name := range info.Metadata {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !strings.HasPrefix(lower, "x-amz-meta-") &&
			lower != "x-amz-id-2" && lower != "x-amz-request-id" {
			t.Errorf("the transport's header %s was kept as metadata", name)
		}
	}
	if file, err := os.ReadFile(filepath.Join(dir, bucket, filepath.FromSlash(key))); string(file) != "content" || err != nil {
		t.Errorf("file is %q, %v", file, err)
	}
}

func TestRangesAreCutOut(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	if err := put(t, client, "digits", "0123456789", minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		from, to int64
		want     string
	}{{2, 4, "234"}, {7, 0, "789"}, {0, -3, "789"}, {8, 99, "89"}} {
		var opts minio.GetObjectOptions
		if err := opts.SetRange(test.from, test.to); err != nil {
			t.Fatal(err)
		}
		if got, err := get(t, client, "digits", opts); got != test.want || err != nil {
			t.Errorf("range %d-%d: got %q, %v; want %q", test.from, test.to, got, err, test.want)
		}
	}
	var beyond minio.GetObjectOptions
	if err := beyond.SetRange(10, 12); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, client, "digits", beyond); code(err) != "InvalidRange" {
		t.Errorf("beyond the end: %v", err)
	}
}

func TestWhatIsNotThereIsAnsweredAsSuch(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	if _, err := get(t, client, "missing", minio.GetObjectOptions{}); code(err) != "NoSuchKey" {
		t.Errorf("get: %v", err)
	}
	if _, err := client.StatObject(t.Context(), bucket, "missing", minio.StatObjectOptions{}); code(err) != "NoSuchKey" {
		t.Errorf("stat: %v", err)
	}
	if exists, err := client.BucketExists(t.Context(), "other"); exists || err != nil {
		t.Errorf("bucket: %v, %v", exists, err)
	}
	_, err := client.PutObject(t.Context(), "other", "k", strings.NewReader("x"), 1, minio.PutObjectOptions{})
	if code(err) != "NoSuchBucket" {
		t.Errorf("put: %v", err)
	}
	if err := client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{}); code(err) != "BucketAlreadyExists" {
		t.Errorf("make bucket: %v", err)
	}
}

func TestAListingIsSortedByBytesAndGroupedAndPaged(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	keys := []string{"a-b", "a/b", "a/c/d", "a0", "b"}
	for _, key := range keys {
		if err := put(t, client, key, key, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		opts minio.ListObjectsOptions
		want []string
	}{
		{"all", minio.ListObjectsOptions{Recursive: true}, keys},
		{"in pages", minio.ListObjectsOptions{Recursive: true, MaxKeys: 2}, keys},
		{"groups", minio.ListObjectsOptions{}, []string{"a-b", "a0", "b", "a/"}},
		{"prefix is a folder", minio.ListObjectsOptions{Prefix: "a/", Recursive: true}, []string{"a/b", "a/c/d"}},
		{"prefix is half a name", minio.ListObjectsOptions{Prefix: "a", Recursive: true}, []string{"a-b", "a/b", "a/c/d", "a0"}},
		{"prefix tries to leave", minio.ListObjectsOptions{Prefix: "../", Recursive: true}, nil},
		{"start after", minio.ListObjectsOptions{StartAfter: "a/b", Recursive: true}, []string{"a/c/d", "a0", "b"}},
	} {
		var got []string
		for object := range client.ListObjects(t.Context(), bucket, test.opts) {
			if object.Err != nil {
				t.Fatal(object.Err)
			}
			got = append(got, object.Key)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestADeletedObjectLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	_, client, dir := startWithBucket(t)
	if err := put(t, client, "a/b/c", "x", minio.PutObjectOptions{UserMetadata: map[string]string{"K": "v"}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to delete, which is no error
		if err := client.RemoveObject(t.Context(), bucket, "a/b/c", minio.RemoveObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, bucket)); len(entries) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := put(t, client, "a", "now a file", minio.PutObjectOptions{}); err != nil {
		t.Errorf("the emptied folder stands in the way: %v", err)
	}
}

func TestKeysThatCannotBeFilesAreRefused(t *testing.T) {
	t.Parallel()
	f, err := openFolder(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	if err := f.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	if _, err := f.PutObject(bucket, "file", nil, strings.NewReader("x"), 1, nil); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "..", "../x", "a/../../x", "a//b", "/etc/x", "a/", "./a", "a\x00b", `a\b`, "file/below", strings.Repeat("n", 300)} {
		if _, err := f.PutObject(bucket, key, nil, strings.NewReader("x"), 1, nil); err == nil {
			t.Errorf("%q was stored", key)
		}
	}
	if _, err := f.PutObject(".store", "x", nil, strings.NewReader("x"), 1, nil); err == nil {
		t.Error("the server's own folder was written to as a bucket")
	}
	left, err := f.root.Open(incomingDir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = left.Close() }()
	if entries, err := left.ReadDir(-1); len(entries) != 0 || err != nil {
		t.Errorf("refused puts left %v, %v", entries, err)
	}
}

func TestObjectsMetadataAndUploadsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, client := start(t, dir)
	if err := client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := put(t, client, "kept", "content", minio.PutObjectOptions{UserMetadata: map[string]string{"K": "v"}}); err != nil {
		t.Fatal(err)
	}
	core := minio.Core{Client: client}
	id, err := core.NewMultipartUpload(t.Context(), bucket, "parts", minio.PutObjectOptions{UserMetadata: map[string]string{"P": "q"}})
	if err != nil {
		t.Fatal(err)
	}
	part, err := core.PutObjectPart(t.Context(), bucket, "parts", id, 1, strings.NewReader("one"), 3, minio.PutObjectPartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	_, client = start(t, dir)
	core = minio.Core{Client: client}
	info, err := client.StatObject(t.Context(), bucket, "kept", minio.StatObjectOptions{})
	if err != nil || info.UserMetadata["K"] != "v" {
		t.Errorf("kept: %+v, %v", info, err)
	}
	if err := put(t, client, "kept", "other", onlyIfNew()); code(err) != "PreconditionFailed" {
		t.Errorf("the object was forgotten: %v", err)
	}
	_, err = core.CompleteMultipartUpload(t.Context(), bucket, "parts", id, []minio.CompletePart{{PartNumber: 1, ETag: part.ETag}}, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, client, "parts", minio.GetObjectOptions{}); got != "one" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFilesOfTheDesktopAreNoObjectsAndCopiedOnesAre(t *testing.T) {
	t.Parallel()
	_, client, dir := startWithBucket(t)
	for name, content := range map[string]string{".DS_Store": "litter", "copied.txt": "by hand"} {
		if err := os.WriteFile(filepath.Join(dir, bucket, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for object := range client.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{}) {
		got = append(got, object.Key+" "+object.ETag)
	}
	// MD5 of "by hand"
	if diff := cmp.Diff([]string{"copied.txt 7d909037a76176adb749eda313187060"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCloseMayBeCalledTwice(t *testing.T) {
	t.Parallel()
	s, _ := start(t, t.TempDir())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestABadStartSaysWhy(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	for want, cfg := range map[string]Config{
		"no logger":   {Listen: "127.0.0.1:0", Dir: t.TempDir()},
		"go together": {Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: log, AccessKey: "only"},
		file:          {Listen: "127.0.0.1:0", Dir: file, Logger: log},
		"256.0.0.1":   {Listen: "256.0.0.1:0", Dir: t.TempDir(), Logger: log},
	} {
		if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %q", err, want)
		}
	}
}

func TestCredentialsAreMadeUpWhenNoneAreGiven(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	access, secret := s.Credentials()
	if _, err := connect(t, s, access, secret).ListBuckets(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCopyKeepsContentAndMetadata(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	if err := put(t, client, "from", "content", minio.PutObjectOptions{UserMetadata: map[string]string{"K": "v"}}); err != nil {
		t.Fatal(err)
	}
	_, err := client.CopyObject(t.Context(), minio.CopyDestOptions{Bucket: bucket, Object: "to"}, minio.CopySrcOptions{Bucket: bucket, Object: "from"})
	if err != nil {
		t.Fatal(err)
	}
	info, err := client.StatObject(t.Context(), bucket, "to", minio.StatObjectOptions{})
	if err != nil || info.UserMetadata["K"] != "v" || info.Size != 7 || !bytes.Equal([]byte(info.Metadata.Get("X-Amz-Copy-Source")), nil) {
		t.Errorf("got %+v, %v", info, err)
	}
}
