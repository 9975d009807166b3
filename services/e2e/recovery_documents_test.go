//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/elastic"
)

// documents are all documents that the pipeline has in Elasticsearch, by index and id.
type documents map[string]storedDocument

type storedDocument struct {
	Index   string
	Version int64
	Source  map[string]any
}

func (d storedDocument) isDeadLetter() bool { return strings.HasPrefix(d.Index, "dead-letters-") }

// documents reads them all.
func (r recovery) documents(t *testing.T) documents {
	t.Helper()
	index := connect(t, r.elastic)
	found := documents{}
	for _, pattern := range []string{"tweets-20*.*", "dead-letters-20*.*"} {
		if _, err := elastic.Do(t.Context(), index, esapi.IndicesRefreshRequest{Index: []string{pattern}}, 1<<20); err != nil {
			t.Fatal(err)
		}
		most, whole := 10_000, false
		answer, err := elastic.Do(t.Context(), index, esapi.SearchRequest{
			Index: []string{pattern}, Body: strings.NewReader(fmt.Sprintf(`{"size":%d,"_source":%t}`, most, whole))}, 16<<20)
		if err != nil {
			t.Fatal(err)
		}
		var hits struct {
			Hits struct {
				Hits []struct {
					Index string `json:"_index"`
					ID    string `json:"_id"`
				} `json:"hits"`
			} `json:"hits"`
		}
		if err := json.Unmarshal(answer, &hits); err != nil || len(hits.Hits.Hits) >= most {
			t.Fatalf("%d documents, %v", len(hits.Hits.Hits), err)
		}
		for _, hit := range hits.Hits.Hits {
			status, body := ask(t, index, esapi.GetRequest{Index: hit.Index, DocumentID: hit.ID})
			var got struct {
				Version int64          `json:"_version"`
				Source  map[string]any `json:"_source"`
			}
			if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK {
				t.Fatalf("%s/%s: %d %s", hit.Index, hit.ID, status, body)
			}
			found[hit.Index+"/"+hit.ID] = storedDocument{Index: hit.Index, Version: got.Version, Source: got.Source}
		}
	}
	return found
}

func connect(t *testing.T, cfg elastic.Config) esapi.Transport {
	t.Helper()
	index, err := elastic.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// check says whether the drill has what it is about.
func (d documents) check(t *testing.T) {
	t.Helper()
	posts, edits, stubs, deadLetters := 0, 0, 0, 0
	for _, one := range d {
		switch {
		case one.isDeadLetter():
			deadLetters++
		case one.Source["deleted_at"] != nil:
			stubs++
			if one.Source["text"] != nil {
				t.Errorf("a deleted post has its text: %v", one.Source)
			}
		default:
			posts++
			if n, _ := one.Source["revision"].(float64); n > 0 {
				edits++
			}
		}
	}
	if posts != recoveryPosts-recoveryDeleted || stubs != recoveryDeleted || edits == 0 || deadLetters == 0 {
		t.Fatalf("%d posts, %d of them edited, %d stubs, %d dead letters", posts, edits, stubs, deadLetters)
	}
	t.Logf("%d posts, %d of them edited, %d stubs, %d dead letters", posts, edits, stubs, deadLetters)
}

// byContent names the dead letters by what they say and not by where the refused line stands in Kafka, which is another
// place after a replay.
func (d documents) byContent() documents {
	renamed := documents{}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		one := d[name]
		if one.isDeadLetter() {
			one.Source = maps.Clone(one.Source)
			for _, field := range []string{"@timestamp", "origin_partition", "origin_offset"} {
				delete(one.Source, field)
			}
			text, n := fmt.Sprint(one.Source), 0
			for name = text; renamed[name].Source != nil; n++ {
				name = fmt.Sprint(text, n)
			}
		}
		renamed[name] = one
	}
	return renamed
}

// same wants the same documents with the same versions and contents but for these fields, which tell of the time of
// storing.
func (d documents) same(t *testing.T, other documents, but ...string) {
	t.Helper()
	without := func(all documents) documents {
		kept := documents{}
		for name, one := range all {
			one.Source = maps.Clone(one.Source)
			times, _ := one.Source["pipeline"].(map[string]any)
			times = maps.Clone(times)
			one.Source["pipeline"] = times
			for _, field := range but {
				delete(one.Source, field)
				delete(times, field)
			}
			kept[name] = one
		}
		return kept
	}
	if diff := cmp.Diff(without(d), without(other)); diff != "" {
		t.Errorf("before (-), after (+):\n%.6000s", diff)
	}
	t.Logf("%d documents, the same as before", len(other))
}

// loseIndex leaves nothing of the pipeline in Elasticsearch, index templates included.
func (r recovery) loseIndex(t *testing.T, all documents) {
	t.Helper()
	index := connect(t, r.elastic)
	requests := []esapi.Request{}
	names := map[string]bool{}
	for _, one := range all {
		names[one.Index] = true
	}
	for name := range names {
		requests = append(requests, esapi.IndicesDeleteRequest{Index: []string{name}})
	}
	for _, i := range schemas.IndexTemplates() {
		requests = append(requests, esapi.IndicesDeleteIndexTemplateRequest{Name: i.Name})
	}
	for _, c := range schemas.ComponentTemplates() {
		requests = append(requests, esapi.ClusterDeleteComponentTemplateRequest{Name: c.Name})
	}
	for _, request := range requests {
		if _, err := elastic.Do(t.Context(), index, request, 1<<20); err != nil {
			t.Fatal(err)
		}
	}
}
