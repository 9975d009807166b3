package kibana

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"catsvdogs/schemas"
)

// It runs as part of make test-real, on the server without security that ELASTICSEARCH_URL names, and leaves our templates there:
// each panel's search, as Lens sends it, over a few
// invented documents that are there only for the test (and whatever else the server holds).
func TestEveryPanelFindsSomethingOnARealElasticsearch(t *testing.T) {
	url := os.Getenv("ELASTICSEARCH_URL")
	if url == "" || os.Getenv("TEST_REAL") == "" {
		t.Skip("needs a real Elasticsearch: make test-real")
	}
	es := server{t, url}
	for _, c := range schemas.ComponentTemplates() {
		es.call("PUT", "/_component_template/"+c.Name, c.Body)
	}
	for _, c := range schemas.IndexTemplates() {
		es.call("PUT", "/_index_template/"+c.Name, c.Body)
	}
	indices := "/tweets-2000.01,dead-letters-2000.01,catsvdogs-ledger-2000.01?ignore_unavailable=true"
	es.call("DELETE", indices, nil)
	t.Cleanup(func() { es.call("DELETE", indices, nil) })
	var answer struct{ Errors bool }
	body := es.call("POST", "/_bulk?refresh=true", documents(time.Now()))
	if read(t, string(body), &answer); answer.Errors {
		t.Fatalf("documents were refused: %.1000s", body)
	}

	aliases := map[string]string{}
	for _, v := range dataViews() {
		aliases[v.id] = v.title
	}
	for _, d := range savedDashboards(t, shipped(t)) {
		for _, p := range d.panels {
			layers := p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers
			for _, id := range slices.Sorted(maps.Keys(layers)) {
				search, err := p.search(d, layers[id])
				if err != nil {
					t.Fatal(err)
				}
				answer := es.call("POST", "/"+aliases[p.dataViewOf(id)]+"/_search?ignore_unavailable=true", search)
				var got struct {
					Hits         struct{ Total struct{ Value int } }
					Aggregations json.RawMessage
				}
				read(t, string(answer), &got)
				if got.Hits.Total.Value == 0 {
					t.Errorf("%s, %s: nothing is found by %s", d.ID, p.PanelIndex, search)
				}
				if err := filled(got.Aggregations, layers[id], layers[id].ColumnOrder); err != nil {
					t.Errorf("%s, %s: %v\n%s\n%.2000s", d.ID, p.PanelIndex, err, search, answer)
				}
				t.Logf("%s, %s: %d hits\n  %s\n  %.600s", d.ID, p.PanelIndex, got.Hits.Total.Value, search, got.Aggregations)
			}
		}
	}
}

// search returns the request that Lens makes of a layer: the buckets in the order of the columns, each in the one
// before, and the metrics in the innermost.
func (p savedPanel) search(d savedDashboard, layer savedLayer) ([]byte, error) {
	from, to := d.Attributes.TimeFrom, d.Attributes.TimeTo
	if r := p.EmbeddableConfig.TimeRange; r != nil {
		from, to = r.From, r.To
	}
	filters := []any{object("range", object("@timestamp", map[string]any{"gte": from, "lte": to}))}
	if q := p.EmbeddableConfig.Attributes.State.Query; q.Query != "" {
		c, err := parse(q)
		if err != nil {
			return nil, err
		}
		filters = append(filters, c.elasticsearch())
	}
	request := map[string]any{"size": 0, "track_total_hits": true, "query": object("bool", object("filter", filters))}
	aggregations, err := layer.aggregations(layer.ColumnOrder)
	if err != nil {
		return nil, err
	}
	request["aggs"] = aggregations
	return encode(request)
}

func (l savedLayer) aggregations(order []string) (map[string]any, error) {
	out := map[string]any{}
	for i, id := range order {
		c := l.Columns[id]
		var a map[string]any
		switch c.OperationType {
		case "count":
			continue // every bucket has it
		case "max", "sum":
			a = object(c.OperationType, object("field", c.SourceField))
		case "average":
			a = object("avg", object("field", c.SourceField))
		case "percentile":
			a = object("percentiles", map[string]any{"field": c.SourceField, "percents": []float64{c.Params.Percentile}})
		case "date_histogram":
			a = object("date_histogram", map[string]any{"field": c.SourceField, "fixed_interval": c.Params.Interval, "time_zone": "UTC", "min_doc_count": 1})
		case "filters":
			named := map[string]any{}
			for _, f := range c.Params.Filters {
				clause, err := parse(f.Input)
				if err != nil {
					return nil, err
				}
				named[f.Label] = clause.elasticsearch()
			}
			a = object("filters", object("filters", named))
		case "terms":
			a = object("terms", l.terms(c))
		default:
			return nil, fmt.Errorf("this test does not send the operation %s", c.OperationType)
		}
		out[id] = a
		if !c.IsBucketed {
			continue
		}
		inner, err := l.aggregations(order[i+1:])
		if err != nil {
			return nil, err
		}
		if by := c.Params.OrderBy.ColumnID; by != "" && l.Columns[by].OperationType != "count" {
			inner[by] = object(l.Columns[by].OperationType, object("field", l.Columns[by].SourceField))
		}
		if len(inner) > 0 {
			a["aggs"] = inner
		}
		return out, nil
	}
	return out, nil
}

func (l savedLayer) terms(c savedColumn) map[string]any {
	by := "_key"
	if c.Params.OrderBy.Type == "column" {
		by = c.Params.OrderBy.ColumnID
		if l.Columns[by].OperationType == "count" {
			by = "_count"
		}
	}
	out := map[string]any{"field": c.SourceField, "size": c.Params.Size, "order": object(by, c.Params.OrderDirection)}
	if c.Params.MissingBucket && c.Params.OtherBucket {
		out["missing"] = "__missing__"
	}
	return out
}

// filled reports what is missing in the answer: buckets with documents, and metrics with values in one of them.
func filled(answer json.RawMessage, l savedLayer, order []string) error {
	for i, id := range order {
		c := l.Columns[id]
		if c.OperationType == "count" {
			continue
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(answer, &all); err != nil || all[id] == nil {
			return fmt.Errorf("no answer for %s %s: %w", c.OperationType, c.SourceField, err)
		}
		if !c.IsBucketed {
			if bytes.Contains(all[id], []byte(`"value":null`)) || bytes.Contains(all[id], []byte(`:null}`)) {
				return fmt.Errorf("%s %s has no value", c.OperationType, c.SourceField)
			}
			continue
		}
		buckets, err := bucketsOf(all[id])
		if err != nil || len(buckets) == 0 {
			return fmt.Errorf("%s %s has no buckets: %w", c.OperationType, c.SourceField, err)
		}
		for label, bucket := range buckets {
			var has struct {
				Count int `json:"doc_count"`
			}
			if err := json.Unmarshal(bucket, &has); err != nil {
				return err
			}
			if has.Count == 0 {
				return fmt.Errorf("%s %s: nothing in %s", c.OperationType, c.SourceField, label)
			}
		}
		for _, bucket := range buckets {
			if err = filled(bucket, l, order[i+1:]); err == nil {
				return nil // one is enough: a minute may have no edited post
			}
		}
		return err
	}
	return nil
}

// bucketsOf returns the buckets of an aggregation, which has them by name (filters) or in a list.
func bucketsOf(aggregation json.RawMessage) (map[string]json.RawMessage, error) {
	var named struct{ Buckets map[string]json.RawMessage }
	if json.Unmarshal(aggregation, &named) == nil {
		return named.Buckets, nil
	}
	var listed struct{ Buckets []json.RawMessage }
	err := json.Unmarshal(aggregation, &listed)
	out := map[string]json.RawMessage{}
	for i, b := range listed.Buckets {
		out[fmt.Sprint(i)] = b
	}
	return out, err
}

// documents returns invented posts of the last minutes, with every value that a panel asks for, and dead letters.
func documents(now time.Time) []byte {
	var out bytes.Buffer
	for i := range 120 {
		at := now.Add(-time.Duration(i) * 10 * time.Millisecond) // the last second: most of a day is over before midnight
		team := []string{"cats", "dogs"}[i%2]
		kind := []string{"image", "video"}[i/2%2]
		doc := map[string]any{
			"tweet_id": fmt.Sprintf("kibana-%d", i), "@timestamp": at, "created_at": at, "observed_at": at,
			"source": []string{"simulator", "x", "bluesky"}[i%3], "kind": "post", "text": fmt.Sprintf("Post %d, made up", i),
			"lang": []string{"en", "de", "ja"}[i%3], "author_id": "1", "hashtags": []string{"h" + fmt.Sprint(i%5)}, "teams": []string{team},
			"media": []string{kind}, "categories": []string{team + " with " + kind + "s"}, "matched_rules": []any{}, "popularity": float64(i) / 10, "refreshed_at": at, "growth": float64(i),
			"metrics":     map[string]int{"retweets": i, "replies": i, "likes": i, "quotes": i},
			"sentiment":   map[string]any{"score": 0.5, "label": []string{"positive", "negative", "neutral", "positive", "negative", "neutral", "unknown"}[i%7], "model": "vader"},
			"promotional": i%5 == 0, "promotional_reasons": []string{}, "observations": 1, "revision": i % 4 / 3,
			"pipeline":   map[string]any{"received_at": at, "enriched_at": at, "arrival_ms": 1000 + i},
			"indexed_at": at, "index_ms": 10 + i,
		}
		if doc["source"] != "simulator" {
			doc["url"] = fmt.Sprintf("https://posts.example/%d", i)
		}
		line(&out, "tweets-2000.01", doc)
		line(&out, "dead-letters-2000.01", map[string]any{"@timestamp": at, "observed_at": at, "source": "x", "error_stage": "decode", "error_reason": []string{"not_json", "no_id"}[i%2], "origin_topic": "tweets.raw", "origin_partition": 0, "origin_offset": i, "size_bytes": 3})
		line(&out, "catsvdogs-ledger-2000.01", map[string]any{"@timestamp": at, "record": "account", "balanced": i%2 == 0, "findings": i, "pending": i, "handed": i, "raw": i, "enriched": i, "indexed": i, "archived_raw": i, "archived_enriched": i})
		line(&out, "catsvdogs-ledger-2000.01", map[string]any{"@timestamp": at, "record": "finding", "kind": []string{"gap", "index_stale"}[i%2], "findings": 1})
	}
	return out.Bytes()
}

func line(out io.Writer, index string, doc map[string]any) {
	text, err := encode(doc)
	if err != nil {
		panic(err) // a literal of this file
	}
	fmt.Fprintf(out, `{"index":{"_index":%q}}`+"\n%s\n", index, text)
}

type server struct {
	t   testing.TB
	url string
}

func (s server) call(method, path string, body []byte) []byte {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second) // not the test's: the clean-up calls too
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.url, "/")+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/_bulk") {
		request.Header.Set("Content-Type", "application/x-ndjson")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s: %.500s", method, path, response.Status, answer)
	}
	return answer
}
