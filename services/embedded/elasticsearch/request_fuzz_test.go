package elasticsearch

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzARequestIsAnsweredOrRefused: no question, and no definition, is a fault of the server.
func FuzzARequestIsAnsweredOrRefused(f *testing.F) {
	for _, seed := range []struct{ method, path, query, body string }{
		{"POST", "/posts/_search", "", `{"query":{"bool":{"must":[{"term":{"lang":"en"}}],"must_not":{"range":{"@timestamp":{"gte":"now-1d/d","format":"epoch_millis"}}}}},"sort":[{"likes":{"order":"desc","unmapped_type":"long"}}],"_source":["a*"],"aggs":{"a":{"terms":{"field":"lang","size":3,"order":{"_key":"asc"}}}}}`},
		{"GET", "/posts/_count", "q=likes:%3E=5%20AND%20(a%20OR%20b)", ""},
		{"PUT", "/_index_template/t", "", `{"index_patterns":["x-*"],"priority":1,"template":{"mappings":{"dynamic":"strict","properties":{"a":{"type":"keyword","ignore_above":7}}},"aliases":{"b":{"filter":{"exists":{"field":"a"}}}}}}`},
		{"POST", "/_index_template/_simulate_index/x-1", "", ""},
		{"POST", "/_bulk", "", `{"index":{"_index":"posts","_id":"1","version":-5,"version_type":"external"}}` + "\n" + `{"lang":"en","likes":1e999,"@timestamp":"99999-01-01"}` + "\n"},
		{"POST", "/_aliases", "", `{"actions":[{"add":{"index":"posts","alias":"a"}}]}`},
		{"PUT", "/y", "", `{"settings":{"index":{"number_of_shards":0}},"mappings":{}}`},
		{"PUT", "/posts/_mapping", "", `{"properties":{"n":{"type":"object","properties":{"":{}}}}}`},
		{"GET", "/posts/_doc/%2e%2e%2f", "", ""},
		{"POST", "/posts/_search", "", `{"query":{"range":{"@timestamp":{"gte":"0000||+1000000y/y","lte":"2026||/w"}}},"from":-1,"size":9223372036854775807}`},
	} {
		f.Add(seed.method, seed.path, seed.query, []byte(seed.body))
	}
	store, err := openStore(f.Context(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.close() })
	h := &handler{store: store, log: slog.New(slog.DiscardHandler), large: make(chan struct{}, 1), now: func() time.Time { return time.Unix(1_790_000_000, 0) }}
	ask := func(t testing.TB, method, path, query string, body []byte) *httptest.ResponseRecorder {
		t.Helper()
		u := &url.URL{Scheme: "http", Host: "localhost", Path: path, RawQuery: query}
		if plain, err := url.PathUnescape(path); err == nil {
			u.Path, u.RawPath = plain, path
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", strings.NewReader(string(body)))
		r.Method, r.URL = method, u
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer
	}
	ask(f, "PUT", "/posts", "", []byte(`{"mappings":{"properties":{"lang":{"type":"keyword"},"text":{"type":"text"},"likes":{"type":"long"},"@timestamp":{"type":"date"}}}}`))
	ask(f, "POST", "/posts/_bulk", "", []byte(`{"index":{"_id":"1"}}`+"\n"+`{"lang":"en","text":"a cat","likes":7,"@timestamp":"2026-11-23T12:00:00Z"}`+"\n"))
	f.Fuzz(func(t *testing.T, method, path, query string, body []byte) {
		if len(body) > 64<<10 || !strings.HasPrefix(path, "/") || method == http.MethodDelete && !strings.HasPrefix(path, "/_") {
			return // the documents of the others
		}
		answer := ask(t, method, path, query, body)
		if answer.Code >= 500 {
			t.Errorf("%s %s?%s with %.300q: %d %s", method, path, query, body, answer.Code, answer.Body)
		}
		if answer.Body.Len() > 0 && !json.Valid(answer.Body.Bytes()) {
			t.Errorf("the answer is no JSON: %.300q", answer.Body)
		}
	})
}
