package s3

import (
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzAKeyIsAFileWithinItsBucket, or none.
func FuzzAKeyIsAFileWithinItsBucket(f *testing.F) {
	for _, key := range []string{"a/b", "../a", "a/../../b", "/a", "a//b", "a/./b", ".", "..", "a\\..\\b", "a\x00", "%2e%2e/a", "con", strings.Repeat("a", 256)} {
		f.Add("archive", key)
	}
	f.Add(".store", "metadata/x")
	f.Add("..", "a")
	f.Fuzz(func(t *testing.T, bucket, key string) {
		file, err := objectPath(bucket, key)
		if err != nil {
			return
		}
		if !filepath.IsLocal(file) || path.Clean(file) != file || !strings.HasPrefix(file, bucket+"/") || strings.HasPrefix(file, ".") || file != bucket+"/"+key {
			t.Errorf("%q of %q is the file %q", key, bucket, file)
		}
	})
}

// FuzzNobodyPassesWithoutTheKey: whatever the headers say.
func FuzzNobodyPassesWithoutTheKey(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=access/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", "20261123T120000Z", "UNSIGNED-PAYLOAD", "/archive/key?x=1")
	f.Add("AWS4-HMAC-SHA256 Credential=access/, SignedHeaders=;;;, Signature=", "99999999T999999Z", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "/")
	f.Add("AWS4-HMAC-SHA256 =,=,,", "", "", "/%2e%2e/%00")
	keys := keyPair{"access", "a secret that nobody knows"}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, authorization, date, payload, target string) {
		if !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n\x00") {
			return
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost"+target, http.NoBody)
		if err != nil {
			return
		}
		r.Header = http.Header{"Authorization": {authorization}, "X-Amz-Date": {date}, "X-Amz-Content-Sha256": {payload}}
		answer := httptest.NewRecorder()
		(&gate{keys: keys, now: func() time.Time { return now }, next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Errorf("%q passes", authorization)
		})}).ServeHTTP(answer, r)
		if answer.Code < 400 || answer.Code >= 500 {
			t.Errorf("%q: %d %s", authorization, answer.Code, answer.Body)
		}
	})
}
