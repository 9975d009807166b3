package s3

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/signer"
)

func TestWrongOrMissingCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	s, _, _ := startWithBucket(t)
	for want, keys := range map[string][2]string{
		"InvalidAccessKeyId":    {"other", "not a secret"},
		"SignatureDoesNotMatch": {"demo", "guessed"},
		"AccessDenied":          {"", ""},
	} {
		if err := put(t, connect(t, s, keys[0], keys[1]), "k", "x", minio.PutObjectOptions{}); code(err) != want {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

func TestEveryChecksumOfTheClientIsAcceptedAndAnswered(t *testing.T) {
	t.Parallel()
	_, client, _ := startWithBucket(t)
	for _, kind := range []minio.ChecksumType{minio.ChecksumNone, minio.ChecksumCRC32, minio.ChecksumCRC32C, minio.ChecksumCRC64NVME, minio.ChecksumSHA1, minio.ChecksumSHA256} {
		for _, unsigned := range []bool{false, true} {
			content := strings.Repeat("content ", 20<<10)
			info, err := client.PutObject(t.Context(), bucket, "k", strings.NewReader(content), int64(len(content)),
				minio.PutObjectOptions{Checksum: kind, DisableContentSha256: unsigned})
			if err != nil {
				t.Errorf("%v, unsigned %v: %v", kind, unsigned, err)
				continue
			}
			if kind == minio.ChecksumCRC32C && info.ChecksumCRC32C == "" {
				t.Error("the checksum is not in the answer")
			}
			if got, err := get(t, client, "k", minio.GetObjectOptions{}); got != content || err != nil {
				t.Errorf("%v, unsigned %v: got %d bytes, %v", kind, unsigned, len(got), err)
			}
		}
	}
}

func TestSubresourcesAreNotTakenForTheObject(t *testing.T) {
	t.Parallel()
	s, client, _ := startWithBucket(t)
	if err := put(t, client, "k", "content", minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/archive/k?tagging", "/archive/k?acl", "/archive?policy"} {
		response := send(t, s, http.MethodPut, target, "<xml/>", nil)
		if response.StatusCode != http.StatusNotImplemented {
			t.Errorf("PUT %s: %s", target, response.Status)
		}
	}
	if got, err := get(t, client, "k", minio.GetObjectOptions{}); got != "content" || err != nil {
		t.Errorf("the object is now %q, %v", got, err)
	}
}

// send signs a request of the given body with the server's keys; header overrides what is signed.
func send(t *testing.T, s *Server, method, target, body string, header http.Header) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL()+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(hashHeader, "UNSIGNED-PAYLOAD")
	for name, values := range header {
		request.Header[name] = values
	}
	access, secret := s.Credentials()
	response, err := http.DefaultClient.Do(signer.SignV4(*request, access, secret, "", "us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func TestABodyThatIsNotTheAnnouncedOneIsNotStored(t *testing.T) {
	t.Parallel()
	s, client, _ := startWithBucket(t)
	for name, header := range map[string]http.Header{
		"signed hash":      {hashHeader: {strings.Repeat("0", 64)}},
		"checksum":         {"X-Amz-Checksum-Crc32c": {"AAAAAA=="}},
		"unknown checksum": {"X-Amz-Checksum-Future": {"AAAAAA=="}},
		"md5":              {"Content-Md5": {"AAAAAAAAAAAAAAAAAAAAAA=="}},
		"not only *":       {"If-None-Match": {`"etag"`}},
	} {
		if response := send(t, s, http.MethodPut, "/archive/k", "body", header); response.StatusCode < 400 {
			t.Errorf("%s: %s", name, response.Status)
		}
		if _, err := client.StatObject(t.Context(), bucket, "k", minio.StatObjectOptions{}); code(err) != "NoSuchKey" {
			t.Errorf("%s: stored: %v", name, err)
		}
	}
}

// stream returns a request whose body is signed chunk by chunk, as minio-go sends it, with that time of signature.
func stream(t *testing.T, content string, at time.Time) *http.Request {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://store/archive/k", strings.NewReader(content))
	request.Trailer = http.Header{"X-Amz-Checksum-Crc32": {""}}
	sum := newChecksum("crc32")
	sum.Write([]byte(content))
	request.Trailer.Set("X-Amz-Checksum-Crc32", base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	return signer.StreamingSignV4(request, "demo", "secret", "", "us-east-1", int64(len(content)), at, closableHash{sha256.New()})
}

// closableHash is the hash as minio-go wants it.
type closableHash struct{ hash.Hash }

func (closableHash) Close() {}

func TestASignedStreamIsReadAndATouchedOneIsNot(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 13<<10) // three chunks
	now := time.Now().UTC()
	original := stream(t, content, now)
	wire, err := io.ReadAll(original.Body)
	if err != nil {
		t.Fatal(err)
	}
	read := func(wire []byte, now time.Time) (string, string, error) {
		request := original.Clone(t.Context())
		request.Trailer, request.Host = nil, "store"
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(wire)), int64(len(wire))
		var got []byte
		g := &gate{keys: keyPair{"demo", "secret"}, now: func() time.Time { return now }, next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, err = io.ReadAll(r.Body)
		})}
		err = nil
		answer := httptest.NewRecorder()
		g.ServeHTTP(answer, request)
		return string(got), answer.Body.String(), err
	}
	if got, answer, err := read(wire, now); got != content || err != nil {
		t.Fatalf("got %d bytes, %v, %s", len(got), err, answer)
	}
	if _, answer, _ := read(wire, now.Add(16*time.Minute)); !strings.Contains(answer, "RequestTimeTooSkewed") {
		t.Errorf("an old request was answered %s", answer)
	}
	for name, touched := range map[string][]byte{
		"content":           bytes.Replace(wire, []byte("0123456789"), []byte("9123456780"), 1),
		"last chunk's text": append(bytes.Clone(wire[:len(wire)-400]), bytes.Replace(wire[len(wire)-400:], []byte("0123456789"), []byte("9123456780"), 1)...),
		"cut off":           wire[:len(wire)/2],
		"without its end":   wire[:bytes.LastIndex(wire, []byte("\r\n0;chunk"))+2],
		"trailer":           bytes.Replace(wire, []byte("x-amz-checksum-crc32:"), []byte("x-amz-checksum-crc32:A"), 1),
		"not chunked":       []byte(content),
	} {
		if bytes.Equal(touched, wire) {
			t.Fatalf("%s: the test changed nothing", name)
		}
		if _, _, err := read(touched, now); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}

func FuzzChunkedBody(f *testing.F) {
	f.Add([]byte("3\r\nabc\r\n0\r\n\r\n"), int64(3))
	f.Add([]byte("3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"), int64(3))
	f.Add([]byte("ffffffffffffffff\r\n"), int64(1))
	f.Fuzz(func(t *testing.T, wire []byte, length int64) {
		got, err := io.ReadAll(newChunkedReader(bytes.NewReader(wire), seal{}, length))
		if err == nil && int64(len(got)) != length {
			t.Errorf("read %d bytes of announced %d without an error", len(got), length)
		}
		if _, err := io.ReadAll(newChunkedReader(bytes.NewReader(wire), seal{key: []byte("k")}, length)); err == nil {
			t.Error("a body without right signatures was read")
		}
	})
}
