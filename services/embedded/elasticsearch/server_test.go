package elasticsearch

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
)

// start runs a server on dir until the test ends.
func start(t testing.TB, dir string) (*Server, *elastictransport.Client) {
	t.Helper()
	s, err := Start(t.Context(), Config{Listen: "127.0.0.1:0", Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	at, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	client, err := elastictransport.NewClient(elastictransport.WithURLs(at), elastictransport.WithCompression(), elastictransport.WithTransport(&http.Transport{DisableKeepAlives: true}))
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

type requester interface {
	Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error)
}

// do sends a request and returns the status and the decoded answer.
func do(t testing.TB, client esapi.Transport, r requester) (int, map[string]any) {
	t.Helper()
	response, err := r.Do(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if product := response.Header.Get("X-Elastic-Product"); product != "Elasticsearch" {
		t.Errorf("X-Elastic-Product is %q", product)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if len(text) > 0 && json.Unmarshal(text, &answer) != nil && text[0] != '[' {
		t.Errorf("the answer is not JSON: %.200s", text)
	}
	return response.StatusCode, answer
}

// must is do for requests that have to succeed.
func must(t testing.TB, client esapi.Transport, r requester) map[string]any {
	t.Helper()
	status, answer := do(t, client, r)
	if status >= 300 {
		t.Fatalf("%T: %d %v", r, status, answer)
	}
	return answer
}

// items sends a bulk and returns "status result-or-error-type version" of each item.
func items(t testing.TB, client esapi.Transport, lines ...string) []string {
	t.Helper()
	answer := must(t, client, esapi.BulkRequest{Body: strings.NewReader(strings.Join(lines, "\n") + "\n")})
	var got []string
	for _, item := range answer["items"].([]any) {
		for _, v := range item.(map[string]any) {
			v := v.(map[string]any)
			what := v["result"]
			if failed, ok := v["error"].(map[string]any); ok {
				what = failed["type"]
			}
			got = append(got, strings.TrimSuffix(fmt.Sprint(v["status"], " ", what, " ", v["_version"]), " <nil>"))
		}
	}
	return got
}

func count(t testing.TB, client esapi.Transport, index, q string) int {
	t.Helper()
	return int(must(t, client, esapi.CountRequest{Index: []string{index}, Query: q})["count"].(float64))
}

// hits returns the ids that a body finds, in order.
func hits(t testing.TB, client esapi.Transport, index, body string) []string {
	t.Helper()
	answer := must(t, client, esapi.SearchRequest{Index: []string{index}, Body: strings.NewReader(body)})
	ids := []string{}
	for _, one := range answer["hits"].(map[string]any)["hits"].([]any) {
		ids = append(ids, one.(map[string]any)["_id"].(string))
	}
	return ids
}

func TestTheInfoIsOneThatClientsAccept(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	info := must(t, client, esapi.InfoRequest{})
	got := info["version"].(map[string]any)
	if got["number"] != version || got["build_flavor"] != "default" || info["tagline"] != "You Know, for Search" {
		t.Errorf("got %v", info)
	}
}

func TestWhatIsNotKnownIsRefusedInTheShapeOfElasticsearch(t *testing.T) {
	t.Parallel()
	s, _ := start(t, t.TempDir())
	for _, test := range []struct {
		method, target, body string
		status               int
		says                 string
	}{
		{"GET", "/_nodes/stats", "", 400, "no handler found for uri [/_nodes/stats]"},
		{"DELETE", "/_bulk", "", 405, "allowed: [POST, PUT]"},
		{"GET", "/missing/_count", "", 404, "no such index [missing]"},
		{"GET", "/missing", "", 404, "index_not_found_exception"},
		{"GET", "/x/_doc/1", "", 404, "no such index [x]"},
		{"POST", "/_search", `{"query":{"fuzzy":{"a":"b"}}}`, 400, "give --elasticsearch-url for a real Elasticsearch"},
		{"POST", "/_search", `{"aggs":{"a":{"avg":{"field":"b"}}}}`, 400, "terms and value_count"},
		{"POST", "/_search", `{"highlight":{}}`, 400, "highlight"},
		{"POST", "/_search", `{"query":`, 400, "parsing_exception"},
		{"POST", "/_search?from=9999&size=2", "", 400, "Result window is too large"},
		{"GET", "/_count?q=a%3A%28", "", 400, "query_shard_exception"},
		{"GET", "/_search?scroll=1m", "", 400, "unrecognized parameter: [scroll]"},
		{"PUT", "/Upper", "", 400, "must be lowercase"},
		{"PUT", "/_index_template/t", `{"index_patterns":["a"],"template":{"mappings":{"properties":{"x":{"type":"geo_point"}}}}}`, 400, "mapper_parsing_exception"},
		{"PUT", "/_index_template/t", `{"index_patterns":["a"],"composed_of":["nothing"]}`, 400, "do not exist"},
		{"GET", "/_index_template/t", "", 404, "resource_not_found_exception"},
		{"DELETE", "/*", "", 400, "Wildcard expressions"},
		{"GET", "/%zz", "", 400, ""},
	} {
		status, _, body := raw(t, s, test.method, test.target, test.body, nil)
		if status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s %s: got %d %s", test.method, test.target, status, body)
		}
	}
}

// raw sends a request without a client of Elasticsearch.
func raw(t testing.TB, s *Server, method, target, body string, header http.Header) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	r.URL.Opaque, r.URL.RawQuery = path, query
	for name, values := range header {
		r.Header[name] = values
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func TestABodyMayBeGzipAndIsBoundedAlsoWhenUnpacked(t *testing.T) {
	t.Parallel()
	packed := func(size int) *http.Request {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // fails on an unknown level only
		if _, err := io.CopyN(z, zeros{}, int64(size)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/_bulk", &b)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Encoding", "gzip")
		return r
	}
	h := &handler{large: make(chan struct{}, 1)}
	for _, size := range []int{1000, largeBytes, largeBytes + 1} {
		body, forget, err := h.readBody(nil, packed(size))
		if len(body) != size || err != nil {
			t.Fatalf("got %d bytes of %d, %v", len(body), size, err)
		}
		if isLarge := len(h.large) > 0; isLarge != (size > largeBytes) {
			t.Errorf("%d bytes count as large: %t", size, isLarge)
		}
		forget()
	}
	_, _, err := h.readBody(nil, packed(maxBodyBytes+1))
	if f, ok := err.(*failure); !ok || f.status != http.StatusRequestEntityTooLarge || len(h.large) > 0 { //nolint:errorlint // the handler sees it bare
		t.Errorf("got %v, and %d bodies are in memory", err, len(h.large))
	}
	h.large <- struct{}{}
	patient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := h.readBody(nil, packed(largeBytes+1).WithContext(patient)); !errors.Is(err, context.Canceled) {
		t.Errorf("with no room for a large body: %v", err)
	}
	s, _ := start(t, t.TempDir())
	if status, _, body := raw(t, s, "POST", "/_bulk", "not gzip", http.Header{"Content-Encoding": {"gzip"}}); status != 400 {
		t.Errorf("got %d %s", status, body)
	}
	if status, _, _ := raw(t, s, "POST", "/_bulk", "x", http.Header{"Content-Encoding": {"br"}}); status != http.StatusUnsupportedMediaType {
		t.Errorf("got %d", status)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEverythingAcknowledgedIsThereAfterAReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, client := start(t, dir)
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "t", Body: strings.NewReader(strictTemplate)})
	items(t, client,
		`{"index":{"_index":"tweets-1","_id":"a","version":7,"version_type":"external"}}`, `{"lang":"en","likes":3}`,
		`{"delete":{"_index":"tweets-1","_id":"b","version":9,"version_type":"external"}}`,
		`{"index":{"_index":"other","_id":"c"}}`, `{"new":"learned from the document"}`)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_, client = start(t, dir)
	check(t, client)
	if got := count(t, client, "other", "new:learned"); got != 1 {
		t.Errorf("the learned field finds %d", got)
	}
}

// check says what must hold after the index has been opened again, or copied as a kill would leave it.
func check(t *testing.T, client esapi.Transport) {
	t.Helper()
	want := []string{"409 version_conflict_engine_exception", "409 version_conflict_engine_exception", "400 strict_dynamic_mapping_exception"}
	got := items(t, client,
		`{"index":{"_index":"tweets-1","_id":"a","version":6,"version_type":"external_gte"}}`, `{"lang":"old"}`,
		`{"index":{"_index":"tweets-1","_id":"b","version":8,"version_type":"external_gte"}}`, `{"lang":"back from the dead"}`,
		`{"index":{"_index":"tweets-2","_id":"d"}}`, `{"unknown":1}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := count(t, client, "tweets", "lang:en AND likes:>=3"); got != 1 {
		t.Errorf("the document is found %d times", got)
	}
}

func TestAnAcknowledgedBulkIsInTheFilesBeforeAnyClose(t *testing.T) {
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	_, client := start(t, dir)
	must(t, client, esapi.IndicesPutIndexTemplateRequest{Name: "t", Body: strings.NewReader(strictTemplate)})
	items(t, client,
		`{"index":{"_index":"tweets-1","_id":"a","version":7,"version_type":"external"}}`, `{"lang":"en","likes":3}`,
		`{"delete":{"_index":"tweets-1","_id":"b","version":9,"version_type":"external"}}`)
	// What the kernel has of the files at this moment is what a kill -9 would leave.
	for _, name := range []string{indexFile, indexFile + "-wal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copied, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, client = start(t, copied)
	check(t, client)
}

func TestAFileOfAnotherLayoutIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := openDB(filepath.Join(dir, indexFile), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA user_version=99"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), Config{Listen: "127.0.0.1:0", Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "layout 99") {
		t.Errorf("got %v", err)
	}
}

func TestReadersAndWritersDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	_, client := start(t, t.TempDir())
	const writers, bulks, size = 4, 8, 25
	items(t, client, `{"index":{"_index":"i","_id":"first"}}`, `{"writer":"none","n":0}`)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for bulk := range bulks {
				var lines []string
				for n := range size {
					lines = append(lines, fmt.Sprintf(`{"index":{"_index":"i","_id":"%d-%d"}}`, writer, bulk*size+n), fmt.Sprintf(`{"writer":"w%d","n":%d}`, writer, n))
				}
				items(t, client, lines...)
			}
		})
		group.Go(func() {
			for range 2 * bulks {
				// Each bulk is one transaction, so a count sees whole ones only.
				if n := count(t, client, "i", fmt.Sprintf("writer:w%d", writer)); n%size != 0 {
					t.Errorf("a count saw %d of bulks of %d", n, size)
				}
			}
		})
	}
	group.Wait()
	if n := count(t, client, "i", ""); n != writers*bulks*size+1 {
		t.Errorf("%d documents", n)
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
		"no logger": {Listen: "127.0.0.1:0", Dir: t.TempDir()},
		file:        {Listen: "127.0.0.1:0", Dir: file, Logger: log},
		"256.0.0.1": {Listen: "256.0.0.1:0", Dir: t.TempDir(), Logger: log},
	} {
		if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %q", err, want)
		}
	}
}
