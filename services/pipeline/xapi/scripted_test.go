package xapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

const testToken = "AAAAsecret%2Ftoken"

// clientOf returns a client of a server that does what a test tells it.
func clientOf(t *testing.T, serve http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{URL: base, Token: testToken, UserAgent: "catsvdogs-test/1.0", Needs: "the lookup of posts", Reuse: true})
	t.Cleanup(c.Close)
	return c
}

// says returns a server that answers every request alike.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
