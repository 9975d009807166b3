package throughput

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/schemas"
	"catsvdogs/services/e2e/realparts"
	"catsvdogs/services/embedded/elasticsearch"
	"catsvdogs/services/pipeline/topic"
)

const (
	// indexRefresh is the refresh interval of schemas/index/settings.json.
	indexRefresh  = time.Second
	searchedPosts = 1000 // at a steady rate
	searchedEvery = 20 * time.Millisecond
	searchEvery   = 25 * time.Millisecond
)

// BenchmarkSinkFromArrivalToSearchable (TEST_REAL=1: on a real Kafka and Elasticsearch) reports how many milliseconds beyond
// the index's refresh interval pass at 50 posts a second from the writing of an enriched record until a search finds its
// post. It looks every 25 ms, which is in the result. The embedded index has no refresh interval: there it is the whole time.
func BenchmarkSinkFromArrivalToSearchable(b *testing.B) {
	binary := build(b, "../../sink", "./cmd/sink")
	addr := startBroker(b, 0)
	index, refresh := startIndex(b)
	cmd := exec.Command(binary, "--kafka-brokers", addr, "--elasticsearch-url", index, "--telemetry-addr", "127.0.0.1:0", "--log-level", "error")
	cmd.Env, cmd.Stderr = append(os.Environ(), "CATSVDOGS_S3_ENDPOINT=http://127.0.0.1:1"), os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic.Enriched), kgo.ProducerLinger(0))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	began := time.Now().UTC()
	const warm = 50 // the first ones wait for the group and for the index to be opened
	wrote := map[string]time.Time{}
	seen := map[string]time.Duration{}
	for i := range warm {
		arrive(b, cl, wrote, i, began)
	}
	untilFound(b, index, wrote, seen)
	clear(wrote)
	clear(seen)
	next, look := time.NewTicker(searchedEvery), time.NewTicker(searchEvery)
	defer next.Stop()
	defer look.Stop()
	for i := 0; i < searchedPosts; {
		select {
		case <-next.C:
			arrive(b, cl, wrote, warm+i, began)
			i++
		case <-look.C:
			find(b, index, wrote, seen)
		}
	}
	untilFound(b, index, wrote, seen)
	var took []time.Duration
	for _, d := range seen {
		took = append(took, d-refresh)
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(took[len(took)/2]), "ms-p50")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "ms-p99")
}

// arrive writes a post and notes when. Posts differ in when they were observed, by which they are found.
func arrive(b *testing.B, cl *kgo.Client, wrote map[string]time.Time, i int, began time.Time) {
	b.Helper()
	id, now := strconv.Itoa(i+1), time.Now().UTC()
	value := fmt.Appendf(nil, `{"tweet_id":%q,"@timestamp":%q,"created_at":%[3]q,"observed_at":%[2]q,"source":"bench","text":"a cat"}`,
		id, now.Format(time.RFC3339Nano), began.Format(time.RFC3339Nano))
	wrote[id] = now
	cl.Produce(b.Context(), &kgo.Record{Key: []byte(id), Value: value}, func(_ *kgo.Record, err error) {
		if err != nil {
			b.Error(err)
		}
	})
}

// untilFound looks until every post is found.
func untilFound(b *testing.B, index string, wrote map[string]time.Time, seen map[string]time.Duration) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); len(seen) < len(wrote); {
		if time.Now().After(deadline) {
			b.Fatalf("%d of %d posts are found", len(seen), len(wrote))
		}
		time.Sleep(searchEvery)
		find(b, index, wrote, seen)
	}
}

// find notes which posts a search finds that none found before. What it looks for begins before the oldest that is missing.
func find(b *testing.B, index string, wrote map[string]time.Time, seen map[string]time.Duration) {
	b.Helper()
	from := time.Now()
	for id, at := range wrote {
		if _, ok := seen[id]; !ok && at.Before(from) {
			from = at
		}
	}
	query := fmt.Sprintf(`{"size":1000,"_source":["tweet_id"],"query":{"range":{"observed_at":{"gte":%q}}}}`, from.Add(-time.Millisecond).UTC().Format("2006-01-02T15:04:05.000Z"))
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, index+"/tweets/_search", strings.NewReader(query))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	now := time.Now()
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusServiceUnavailable {
		return // no index yet, or it is being opened
	}
	var found struct {
		Hits struct {
			Hits []struct {
				ID string `json:"_id"`
			} `json:"hits"`
		} `json:"hits"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&found); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("the index answers %d: %v", resp.StatusCode, err)
	}
	for _, h := range found.Hits.Hits {
		at, ours := wrote[h.ID]
		if _, before := seen[h.ID]; ours && !before {
			seen[h.ID] = now.Sub(at)
		}
	}
}

// startIndex starts an Elasticsearch with the pipeline's templates, and returns how long a document waits for a refresh.
func startIndex(b *testing.B) (url string, refresh time.Duration) {
	b.Helper()
	if os.Getenv("TEST_REAL") == "" {
		e, err := elasticsearch.Start(b.Context(), elasticsearch.Config{Listen: "127.0.0.1:0", Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = e.Close() })
		url = e.URL()
	} else {
		server, err := realparts.Elasticsearch(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = server.Close() })
		if server.Given() {
			b.Skip("an Elasticsearch that is given may hold posts; the benchmark wants one of its own")
		}
		url, refresh = server.Addr, indexRefresh
	}
	putTemplates(b, url)
	return url, refresh
}

// putTemplates makes what provision makes of an index.
func putTemplates(b *testing.B, url string) {
	b.Helper()
	put := func(path string, body []byte) {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPut, url+path, bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			b.Fatalf("PUT %s: %d", path, resp.StatusCode)
		}
	}
	for _, t := range schemas.ComponentTemplates() {
		put("/_component_template/"+t.Name, t.Body)
	}
	for _, t := range schemas.IndexTemplates() {
		put("/_index_template/"+t.Name, t.Body)
	}
}
