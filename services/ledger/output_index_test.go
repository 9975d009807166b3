package ledger

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"catsvdogs/services/ledger/account"
	"catsvdogs/services/pipeline/elastic"
)

// kept lists the ids behind the alias of the accounts, and how many indices are named like theirs.
func (w *world) kept() (ids []string, indices int) {
	w.t.Helper()
	allowNone := true
	w.request(esapi.IndicesRefreshRequest{Index: []string{accountAlias + "*"}, AllowNoIndices: &allowNone})
	answer, err := elastic.Do(w.t.Context(), w.index, esapi.SearchRequest{Index: []string{accountAlias + "*"}, Body: strings.NewReader(`{"size":100}`), AllowNoIndices: &allowNone}, 1<<20)
	must(w.t, err)
	var found struct {
		Hits struct{ Hits []hit }
	}
	must(w.t, json.Unmarshal(answer, &found))
	names := map[string]bool{}
	for _, h := range found.Hits.Hits {
		ids, names[h.Index] = append(ids, h.ID), true
	}
	slices.Sort(ids)
	return ids, len(names)
}

func TestAnAccountThatIsKeptAgainIsThereOnce(t *testing.T) {
	t.Parallel()
	w := startServers(t)
	counts := map[account.Kind]int64{account.Gap: 1}
	for range 2 { // as after a restart, or a write whose answer was lost
		k := newKeeper(w.index, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		k.keep(t.Context(), drawnAt(noon, counts))
		k.keep(t.Context(), drawnAt(noon.Add(time.Second), counts)) // says nothing new
		if n := testutil.ToFloat64(k.documents.WithLabelValues("stored")); n != 2 || testutil.ToFloat64(k.failed) != 0 {
			t.Errorf("%v documents were stored", n)
		}
	}
	ids, _ := w.kept()
	if !slices.Equal(ids, []string{"2026-06-03T12:00:00.000Z", "2026-06-03T12:00:00.000Z-gap"}) {
		t.Errorf("kept are %v", ids)
	}
}

func TestWithoutItsTemplateNoIndexIsOpenedAndTheAccountsWait(t *testing.T) {
	t.Parallel()
	w := startServers(t)
	answer, err := elastic.Do(t.Context(), w.index, esapi.IndicesGetIndexTemplateRequest{Name: accountAlias}, 1<<20)
	must(t, err)
	var had struct {
		Templates []struct {
			Template json.RawMessage `json:"index_template"`
		} `json:"index_templates"`
	}
	must(t, json.Unmarshal(answer, &had))
	w.request(esapi.IndicesDeleteIndexTemplateRequest{Name: accountAlias})
	var log strings.Builder
	k := newKeeper(w.index, slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry())
	for i := range 3 {
		k.keep(t.Context(), drawnAt(noon.Add(time.Duration(i)*time.Minute), nil))
	}
	if ids, indices := w.kept(); len(ids)+indices != 0 {
		t.Errorf("kept are %v", ids)
	}
	if n := strings.Count(log.String(), "run provision"); n != 1 || testutil.ToFloat64(k.failed) != 3 {
		t.Errorf("it is said %d times:\n%s", n, log.String())
	}
	w.request(esapi.IndicesPutIndexTemplateRequest{Name: accountAlias, Body: strings.NewReader(string(had.Templates[0].Template))})
	k.keep(t.Context(), drawnAt(noon.Add(3*time.Minute), nil))
	if ids, _ := w.kept(); len(ids) != 4 || !strings.Contains(log.String(), "again") {
		t.Errorf("kept are %v\n%s", ids, log.String())
	}
}

// answering is an Elasticsearch that has the template and answers bulk requests like this.
func answering(t *testing.T, status int, answer string) *keeper {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{}`)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	index, err := elastic.Connect(elastic.Config{ElasticsearchURL: server.URL})
	must(t, err)
	return newKeeper(index, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

func TestWhatTheIndexWillNeverTakeDoesNotWaitAndWhatItMayTakeLaterDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		answer  string
		waiting int
		refused float64
	}{
		"refused":               {200, `{"items":[{"index":{"status":400,"error":{"type":"strict_dynamic_mapping_exception"}}}]}`, 0, 1},
		"busy":                  {200, `{"items":[{"index":{"status":429,"error":{}}}]}`, 1, 0},
		"a full disk":           {200, `{"items":[{"index":{"status":403,"error":{"type":"cluster_block_exception"}}}]}`, 1, 0},
		"not there":             {503, `{}`, 1, 0},
		"nonsense":              {200, `<html>`, 1, 0},
		"an answer of nothing":  {200, `{"items":[]}`, 1, 0},
		"an item of nothing":    {200, `{"items":[{}]}`, 1, 0},
		"not let in":            {401, `{}`, 1, 0},
		"stored, to compare by": {200, `{"items":[{"index":{"status":201}}]}`, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := answering(t, c.status, c.answer)
			k.keep(t.Context(), drawnAt(noon, nil))
			if n := testutil.ToFloat64(k.documents.WithLabelValues("refused")); len(k.waiting) != c.waiting || n != c.refused {
				t.Errorf("%d wait, %v were refused", len(k.waiting), n)
			}
			if failed := testutil.ToFloat64(k.failed); failed != float64(c.waiting)+c.refused {
				t.Errorf("%v failures", failed)
			}
		})
	}
}

func TestOnlySoManyAccountsWaitAndTheOldestAreGivenUp(t *testing.T) {
	t.Parallel()
	k := answering(t, 503, "{}")
	counts := map[account.Kind]int64{}
	for i := range 99 {
		counts[account.Kind(strings.Repeat("a", i+1))] = 1
	}
	for i := range 11 {
		k.keep(t.Context(), drawnAt(noon.Add(time.Duration(i)*time.Minute), counts))
	}
	if n := testutil.ToFloat64(k.documents.WithLabelValues("given_up")); len(k.waiting) != maxWaiting || n != 100 || k.waiting[0].id != "2026-06-03T12:01:00.000Z" {
		t.Errorf("%d wait from %s on, %v were given up", len(k.waiting), k.waiting[0].id, n)
	}
}

func FuzzAnAnswerToABulkIsReadOrRefused(f *testing.F) {
	f.Add([]byte(`{"items":[{"index":{"status":201}},{"index":{"status":429,"error":{"type":"x"}}}]}`), 2)
	f.Add([]byte(`{"items":[{"create":{"status":201}}]}`), 1)
	f.Fuzz(func(t *testing.T, answer []byte, n int) {
		outcomes, err := outcomesOf(answer, n)
		if err == nil && len(outcomes) != n {
			t.Errorf("%d outcomes of %d documents", len(outcomes), n)
		}
	})
}
