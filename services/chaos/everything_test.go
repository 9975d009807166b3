//go:build unix

package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/e2e/realparts"
)

func TestEveryPageOfEveryRuleIsAskedFor(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked[q.Get("query")]++
		if r.Header.Get("Authorization") == "" || q.Get("start_time") != "2026-11-24T04:00:00Z" || q.Get("next_token") != strings.Repeat("x", asked[q.Get("query")]-1) {
			http.Error(w, "{}", http.StatusBadRequest)
			return
		}
		next := ""
		if asked[q.Get("query")] < 3 {
			next = strings.Repeat("x", asked[q.Get("query")])
		}
		_, _ = fmt.Fprintf(w, `{"data":[{"id":"1"},{"id":"2"}],"meta":{"next_token":%q}}`, next)
	}))
	defer source.Close()
	s := &scene{cfg: Config{Contest: filepath.Join("..", "..", "contest.yaml")}, simulator: source.URL, watchedSince: time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)}
	posts, err := s.searchEverything(t.Context())
	if err != nil || posts != 4*3*2 || len(asked) != 4 {
		t.Errorf("%d posts of %d rules, %v", posts, len(asked), err)
	}
	if _, err := s.searchEverything(t.Context()); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("a search that is refused is %v", err)
	}
}

// counting is a page and an index that count.
func counting(t *testing.T, phase string, page, index int64) *scene {
	t.Helper()
	view := func(n int64) map[string]any {
		return map[string]any{"total": n, "teams": map[string]int64{"cats": n, "dogs": 0}}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer any
		switch r.URL.Path {
		case "/api/v1/days":
			answer = map[string]any{"timezone": "Europe/Berlin", "progress": map[string]any{"phase": phase}, "days": []any{
				map[string]any{"day": "2026-11-24", "posts": view(page), "organic": view(page - 1)}, map[string]any{"day": "2026-11-23", "posts": view(0), "organic": view(0)},
			}}
		default:
			var question struct {
				Query struct {
					Bool struct {
						Filter []struct {
							Range map[string]struct {
								GTE, LT string
								Zone    string `json:"time_zone"`
							}
						}
					}
				}
			}
			_ = json.NewDecoder(r.Body).Decode(&question) // what is missing shows in what is answered
			bucket := func(n int64) map[string]any {
				if asked := question.Query.Bool.Filter[1].Range["@timestamp"]; asked.GTE != "2026-11-24" || asked.LT != "2026-11-25" || asked.Zone != "Europe/Berlin" {
					return map[string]any{"doc_count": 0, "teams": map[string]any{}}
				}
				return map[string]any{"doc_count": n, "teams": map[string]any{"buckets": []any{map[string]any{"key": "cats", "doc_count": n}}}}
			}
			answer = map[string]any{"aggregations": map[string]any{"views": map[string]any{"buckets": map[string]any{"all": bucket(index), "organic": bucket(index - 1)}}}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return &scene{page: server.URL, index: &realparts.Server{Addr: server.URL}}
}

func TestThePageIsHeldAgainstTheIndexDayByDay(t *testing.T) {
	t.Parallel()
	said, err := counting(t, "live", 8, 8).comparePage(t.Context(), time.Second)
	if want := "2026-11-24 cats 8, organic cats 7, organic total 7, total 8"; err != nil || said != want {
		t.Errorf("%q, %v; want %q", said, err, want)
	}
	for name, c := range map[string]struct {
		s    *scene
		want string
	}{
		"other counts":      {counting(t, "live", 8, 7), "for 2026-11-24 the live page counts cats 8"},
		"still catching up": {counting(t, "catching_up", 8, 8), "catching_up"},
		"nothing":           {counting(t, "live", 1, 0), "the index"},
	} {
		if _, err := c.s.comparePage(t.Context(), 300*time.Millisecond); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestAMetricOfIngestIsReadWithAndWithoutLabels(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "# HELP open_gaps x\nopen_gaps 2\nlabelled{source=\"x\"} 3\n")
	}))
	defer server.Close()
	s := &scene{instances: map[string]*instance{"ingest-1": {telemetry: strings.TrimPrefix(server.URL, "http://")}}}
	for name, want := range map[string]float64{"open_gaps": 2, "labelled": 3} {
		if got, err := s.gauge(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	if _, err := s.gauge(t.Context(), "missing"); err == nil {
		t.Error("a metric that is missing has a value")
	}
}
