package provision

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"catsvdogs/services/pipeline/objectstore"
)

// bucketStore answers for one bucket as S3 does: it keeps the two documents about it as they come.
type bucketStore struct {
	mu                    sync.Mutex
	made                  bool
	versioning, lifecycle string
	puts                  int
}

func (b *bucketStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	document, none := &b.versioning, `<VersioningConfiguration/>`
	if r.URL.Query().Has("lifecycle") {
		document, none = &b.lifecycle, ""
	}
	plain := !r.URL.Query().Has("versioning") && !r.URL.Query().Has("lifecycle")
	switch {
	case r.Method == http.MethodPut && plain:
		b.made = true
	case r.Method == http.MethodPut:
		text, _ := io.ReadAll(r.Body)
		// aws-chunked framing, should the client use it, stands around the document.
		if start, end := bytes.IndexByte(text, '<'), bytes.LastIndexByte(text, '>'); start >= 0 && end > start {
			text = text[start : end+1]
		}
		*document = string(text)
		b.puts++
	case !b.made:
		w.WriteHeader(http.StatusNotFound)
	case plain:
	case *document == "" && none == "":
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `<Error><Code>NoSuchLifecycleConfiguration</Code><Message>none</Message></Error>`)
	case *document == "":
		_, _ = io.WriteString(w, none)
	default:
		_, _ = io.WriteString(w, *document)
	}
}

func startBucketStore(t *testing.T, b *bucketStore) (*bucketServer, *[]string) {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	store, err := objectstore.Connect(objectstore.Config{S3Endpoint: server.URL, S3Bucket: "archive", S3Region: "us-east-1", S3AccessKey: "a", S3SecretKey: "b"})
	if err != nil {
		t.Fatal(err)
	}
	lines := &[]string{}
	return &bucketServer{store: store, name: "archive", tell: func(subject, format string, args ...any) {
		*lines = append(*lines, subject+": "+fmt.Sprintf(format, args...))
	}}, lines
}

func (b *bucketServer) all(t *testing.T) {
	t.Helper()
	if err := b.ensure(t.Context(), "us-east-1"); err != nil {
		t.Fatal(err)
	}
	if err := b.ensureVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.ensureRule(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestABucketIsMadeWithVersionsAndARule(t *testing.T) {
	t.Parallel()
	store := &bucketStore{}
	b, lines := startBucketStore(t, store)
	b.all(t)
	has(t, *lines, "bucket archive", "made")
	has(t, *lines, "versions in bucket archive", "made")
	has(t, *lines, "lifecycle of bucket archive", "made")
	for _, want := range []string{"<Prefix>tweets.</Prefix>", "<NoncurrentDays>30</NoncurrentDays>", "<DaysAfterInitiation>7</DaysAfterInitiation>"} {
		if !strings.Contains(store.lifecycle, want) {
			t.Errorf("the rule lacks %s: %s", want, store.lifecycle)
		}
	}
	*lines = nil
	puts := store.puts
	b.all(t)
	has(t, *lines, "bucket archive", "found")
	has(t, *lines, "versions in bucket archive", "found")
	has(t, *lines, "lifecycle of bucket archive", "found")
	if store.puts != puts {
		t.Error("the second time it has put something")
	}
}

func TestWhatAPersonSetOnABucketStays(t *testing.T) {
	t.Parallel()
	const theirs = `<LifecycleConfiguration><Rule><ID>theirs</ID><Status>Enabled</Status><Filter><Prefix>notes/</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>`
	store := &bucketStore{made: true, versioning: `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`, lifecycle: theirs}
	b, lines := startBucketStore(t, store)
	b.all(t)
	has(t, *lines, "versions in bucket archive", "a person has suspended them")
	has(t, *lines, "lifecycle of bucket archive", "made")
	if !strings.Contains(store.versioning, "Suspended") || !strings.Contains(store.lifecycle, "<Days>9</Days>") || !strings.Contains(store.lifecycle, "<ID>catsvdogs</ID>") {
		t.Errorf("it has become %s %s", store.versioning, store.lifecycle)
	}

	store.lifecycle = strings.ReplaceAll(store.lifecycle, "<NoncurrentDays>30<", "<NoncurrentDays>90<")
	b.all(t)
	has(t, *lines, "lifecycle of bucket archive", "keeps old versions 90 days, not 30; left as it is")
	if !strings.Contains(store.lifecycle, "<NoncurrentDays>90<") {
		t.Error("the rule was shortened")
	}
}
