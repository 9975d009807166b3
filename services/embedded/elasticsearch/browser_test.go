package elasticsearch

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesOfOthersInABrowserCannotReachTheIndex(t *testing.T) {
	t.Parallel()
	s, _ := start(t, t.TempDir())
	ask := func(method, host string, header http.Header) int {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+"/posts", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host, r.Header = host, header
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	foreign := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://cats.example"}}
	if got := ask(http.MethodPut, "", foreign); got != http.StatusForbidden {
		t.Errorf("a page of another origin may change the index: %d", got)
	}
	if got := ask(http.MethodPut, "cats.example:9200", http.Header{}); got != http.StatusForbidden {
		t.Errorf("a page may change the index by a name that leads here: %d", got)
	}
	for _, host := range []string{"", "localhost", "localhost:9200", "index.localhost", "127.0.0.1", "[::1]:9200"} {
		if got := ask(http.MethodHead, host, http.Header{}); got != http.StatusNotFound {
			t.Errorf("Host %q: %d, want an answer", host, got)
		}
	}
}

func TestAServerForOthersIsAskedByItsName(t *testing.T) {
	t.Parallel()
	answer := httptest.NewRecorder()
	fine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	ownMachine(fine).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+strings.Repeat("x", 10)+"/", http.NoBody))
	if answer.Code != http.StatusNoContent {
		t.Errorf("got %d", answer.Code)
	}
}
