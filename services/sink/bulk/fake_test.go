package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
)

// fake is Elasticsearch as a function, for tests in fake time: a network would be no part of it. It answers a bulk by the
// statuses that it returns, one an item, or by one for the whole.
type fake func(r *http.Request, ids []string) (whole int, items []int)

func (f fake) Perform(r *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}}
	answer := `{"index_templates":[]}`
	if strings.HasSuffix(r.URL.Path, "/_bulk") {
		ids, err := idsOf(r)
		if err != nil {
			return nil, err
		}
		whole, statuses := f(r, ids)
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		if whole != 0 {
			resp.StatusCode = whole
		}
		var items []string
		for i, status := range statuses {
			items = append(items, fmt.Sprintf(`{"index":{"_id":%q,"status":%d}}`, ids[i], status))
		}
		answer = `{"items":[` + strings.Join(items, ",") + `]}`
	}
	resp.Body = io.NopCloser(strings.NewReader(answer))
	return resp, nil
}

func idsOf(r *http.Request) (ids []string, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	for i, line := range bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n")) {
		if i%2 != 0 {
			continue
		}
		var action struct {
			Index struct {
				ID string `json:"_id"`
			}
		}
		if err := json.Unmarshal(line, &action); err != nil {
			return nil, err
		}
		ids = append(ids, action.Index.ID)
	}
	return ids, nil
}

// each returns a status for each of n items.
func each(n, status int) []int {
	statuses := make([]int, n)
	for i := range statuses {
		statuses[i] = status
	}
	return statuses
}

// unconcerned is a Status that nobody reads.
type unconcerned struct{}

func (unconcerned) Ready()         {}
func (unconcerned) Unready(string) {}

func newTestWriter(t testing.TB, transport esapi.Transport) *Writer {
	return NewWriter(transport, Options{
		Bounds: Bounds{MinBytes: 1 << 10, MaxBytes: 1 << 20, MaxConcurrency: 4}, FlushInterval: time.Second, Template: "tweets",
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Status: unconcerned{}, Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
	})
}

// store runs the items through a writer and returns their verdicts, in their order.
func store(t *testing.T, w *Writer, items []*Item) []Verdict {
	t.Helper()
	verdicts := make([]Verdict, len(items))
	for i, it := range items {
		it.Settled = func(it *Item) {
			if verdicts[i].Outcome != "" {
				t.Errorf("item %d is settled twice", i)
			}
			verdicts[i] = it.Verdict
		}
	}
	in := make(chan []*Item, 1)
	in <- items
	close(in)
	if err := w.Run(t.Context(), in, func(bool) {}); err != nil {
		t.Fatal(err)
	}
	return verdicts
}
