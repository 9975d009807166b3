package minioadmin

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"

	"catsvdogs/services/pipeline/objectstore"
)

// asked is a server that answers so, and what it was asked.
func asked(t *testing.T, status int, answer string) (*Client, *[]string) {
	t.Helper()
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=root/") {
			t.Errorf("it is not signed: %q", r.Header.Get("Authorization"))
		}
		if strings.Contains(string(body), "of a user") {
			t.Error("the key of a user is sent for everybody to read")
		}
		requests = append(requests, r.Method+" "+r.URL.RequestURI())
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	c, err := Connect(objectstore.Config{S3Endpoint: server.URL + "/", S3Region: "us-east-1", S3AccessKey: "root", S3SecretKey: "secret of root"})
	if err != nil {
		t.Fatal(err)
	}
	return c, &requests
}

func TestUserAndPolicyAreMadeBySignedRequests(t *testing.T) {
	t.Parallel()
	c, requests := asked(t, http.StatusOK, "")
	err := errors.Join(c.PutPolicy(t.Context(), "reader", []byte(`{}`)), c.PutUser(t.Context(), "cat", "of a user"), c.Attach(t.Context(), "reader", "cat"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PUT /minio/admin/v3/add-canned-policy?name=reader",
		"PUT /minio/admin/v3/add-user?accessKey=cat",
		"PUT /minio/admin/v3/set-user-or-group-policy?isGroup=false&policyName=reader&userOrGroup=cat",
	}
	if diff := cmp.Diff(want, *requests); diff != "" {
		t.Error(diff)
	}
}

func TestARefusalSaysItsCode(t *testing.T) {
	t.Parallel()
	c, _ := asked(t, http.StatusForbidden, `{"Code":"AccessDenied","Message":"Access Denied."}`)
	err := c.PutPolicy(t.Context(), "reader", []byte(`{}`))
	if answer := (minio.ErrorResponse{}); !errors.As(err, &answer) || answer.Code != minio.AccessDenied || answer.StatusCode != http.StatusForbidden {
		t.Errorf("got %v", err)
	}
}

func TestAStoreThatIsNotMinIOIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	c, _ := asked(t, http.StatusNotFound, "<Error/>")
	if err := c.PutPolicy(t.Context(), "reader", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "--access-dir") {
		t.Errorf("got %v", err)
	}
}
