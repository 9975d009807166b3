package elasticsearch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/google/go-cmp/cmp"
)

// zoo is a small index to ask: five posts, one of them deleted behind the alias.
func zoo(t *testing.T) esapi.Transport {
	t.Helper()
	client := startStrict(t)
	got := items(t, client,
		`{"index":{"_index":"tweets-1","_id":"1"}}`, `{"text":"The sleepy cat's nap 🐱","lang":"en","teams":["cats"],"likes":5,"popularity":0.5,"promotional":false,"@timestamp":"2026-11-22T23:59:59.999Z","matched_rules":[{"id":"1","tag":"cats with images"}]}`,
		`{"index":{"_index":"tweets-1","_id":"2"}}`, `{"text":"A dog, a DOG and a sleepy dog","lang":"en","teams":["dogs"],"likes":10,"popularity":2.5,"promotional":true,"@timestamp":"2026-11-23"}`,
		`{"index":{"_index":"tweets-2","_id":"3"}}`, `{"text":"Katze und Hund","lang":"de","teams":["cats","dogs"],"likes":10,"@timestamp":"2026-11-23T10:00:00+02:00","matched_rules":[{"id":"1","tag":"cats with images"},{"id":"2","tag":"dogs with videos"}]}`,
		`{"index":{"_index":"tweets-2","_id":"4"}}`, `{"text":"猫 is cat","lang":"ZH","likes":-1,"popularity":-3,"url":"http://localhost/4"}`,
		`{"index":{"_index":"tweets-2","_id":"5"}}`, `{"deleted_at":"2026-11-23T00:00:00Z"}`,
	)
	for _, item := range got {
		if item != "201 created 1" {
			t.Fatal(got)
		}
	}
	return client
}

func TestQueriesFindWhatTheySay(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	for _, test := range []struct{ query, want string }{
		{`{"match_all":{}}`, "1 2 3 4"},
		{`{"match_none":{}}`, ""},
		{`{"ids":{"values":["4","1","5","9"]}}`, "1 4"},
		{`{"term":{"lang":"en"}}`, "1 2"},
		{`{"term":{"lang":{"value":"ZH"}}}`, "4"},
		{`{"term":{"lang":"zh"}}`, ""},
		{`{"term":{"likes":10}}`, "2 3"},
		{`{"term":{"likes":"10"}}`, "2 3"},
		{`{"term":{"popularity":-3}}`, "4"},
		{`{"term":{"promotional":true}}`, "2"},
		{`{"term":{"promotional":"false"}}`, "1"},
		{`{"term":{"@timestamp":"2026-11-23T08:00:00Z"}}`, "3"},
		{`{"term":{"matched_rules.tag":"cats with images"}}`, "1 3"},
		{`{"term":{"_id":"3"}}`, "3"},
		{`{"term":{"nothing":"x"}}`, ""},
		{`{"terms":{"teams":["cats","dogs"]}}`, "1 2 3"},
		{`{"terms":{"likes":[5,-1]}}`, "1 4"},
		{`{"terms":{"lang":[]}}`, ""},
		{`{"match":{"text":"SLEEPY katze"}}`, "1 2 3"},
		{`{"match":{"text":{"query":"sleepy cat's","operator":"and"}}}`, "1"},
		{`{"match":{"text":"🐱"}}`, "1"},
		{`{"match":{"text":"猫"}}`, "4"},
		{`{"match":{"lang":"de"}}`, "3"},
		{`{"match":{"text":"..."}}`, ""},
		{`{"match_phrase":{"text":"sleepy dog"}}`, "2"},
		{`{"match_phrase":{"text":"dog sleepy"}}`, ""},
		{`{"range":{"likes":{"gte":5,"lt":10}}}`, "1"},
		{`{"range":{"popularity":{"gt":0.5}}}`, "2"},
		{`{"range":{"@timestamp":{"gte":"2026-11-23"}}}`, "2 3"},
		{`{"range":{"@timestamp":{"lte":"2026-11-22"}}}`, "1"},
		{`{"range":{"@timestamp":{"gt":"2026-11-22"}}}`, "2 3"},
		{`{"range":{"@timestamp":{"gte":"2026-11-23||-1d/d","lt":"2026-11-23||/d"}}}`, "1"},
		{`{"range":{"@timestamp":{"lt":"now-100y"}}}`, ""},
		{`{"exists":{"field":"popularity"}}`, "1 2 4"},
		{`{"exists":{"field":"matched_rules"}}`, "1 3"},
		{`{"exists":{"field":"url"}}`, "4"},
		{`{"exists":{"field":"deleted_at"}}`, ""},
		{`{"bool":{}}`, "1 2 3 4"},
		{`{"bool":{"must":{"term":{"lang":"en"}},"must_not":[{"range":{"likes":{"gte":10}}}]}}`, "1"},
		{`{"bool":{"filter":[{"term":{"teams":"cats"}},{"term":{"teams":"dogs"}}]}}`, "3"},
		{`{"bool":{"should":[{"term":{"lang":"de"}},{"range":{"likes":{"lt":0}}}]}}`, "3 4"},
		{`{"bool":{"filter":{"term":{"lang":"en"}},"should":{"term":{"lang":"de"}}}}`, "1 2"},
		{`{"bool":{"filter":{"term":{"lang":"en"}},"should":{"term":{"likes":5}},"minimum_should_match":1}}`, "1"},
		{`{"bool":{"must_not":{"exists":{"field":"popularity"}}}}`, "3"},
		{`{"query_string":{"query":"lang:en AND NOT promotional:true"}}`, "1"},
		{`{"simple_query_string":{"query":"katze cat","fields":["text"]}}`, "3 4"},
	} {
		got := hits(t, client, "tweets", `{"sort":"_doc","query":`+test.query+`}`)
		if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" {
			t.Errorf("%s: %s", test.query, diff)
		}
		answer := must(t, client, esapi.CountRequest{Index: []string{"tweets"}, Body: strings.NewReader(`{"query":` + test.query + `}`)})
		if answer["count"] != float64(len(strings.Fields(test.want))) {
			t.Errorf("%s: counts %v", test.query, answer["count"])
		}
	}
}

func TestQueryStringsFindWhatTheySay(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	for q, want := range map[string]int{
		"*": 4, "*:*": 4, "dog": 1, "sleepy": 2, "en": 2, "10": 2, "nothing": 0,
		"lang:en": 2, "lang:(en OR de)": 3, `text:"sleepy dog"`: 1, `"cats with images"`: 2,
		"sleepy katze": 3, "sleepy AND dog": 1, "sleepy && !dog": 1, "sleepy -dog": 1, "+sleepy dog": 2,
		"NOT lang:en": 2, "(lang:en OR lang:de) AND likes:10": 2,
		"likes:>=10": 2, "likes:<0": 1, "likes:[5 TO 10]": 3, "likes:{5 TO 10]": 2, "likes:[5 TO 10}": 1, "likes:[6 TO *]": 2,
		"popularity:*": 3, "_exists_:url": 1, "@timestamp:[2026-11-23 TO 2026-11-24]": 2, `@timestamp:"2026-11-23T08:00:00Z"`: 1, "@timestamp:>2026-11-22": 2,
		`matched_rules.tag:"dogs with videos"`: 1, "_id:4": 1, `lang:\Z\H`: 1, "missing:x": 0,
	} {
		if got := count(t, client, "tweets", q); got != want {
			t.Errorf("%s: %d, want %d", q, got, want)
		}
	}
}

func TestBrokenQueriesAreRefused(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	for _, q := range []string{"lang:en OR lang:de AND likes:10", "sleepy AND dog katze", "(", ")", "a)", `"open`, "lang:", "a AND", "a OR", "NOT", ":x", "likes:[1 TO", "likes:[1 2]", "likes:many", "promotional:perhaps",
		"ca*", "c?t", "cat~2", "cat^2", "/re/", "a:b:c", "lang:[a TO b]", "url:x", strings.Repeat("(", 500), strings.Repeat("a ", 2000)} {
		if status, answer := do(t, client, esapi.CountRequest{Index: []string{"tweets"}, Query: q}); status != 400 {
			t.Errorf("%.40s: %d %v", q, status, answer)
		}
	}
	for _, body := range []string{
		`{"query":{}}`, `{"query":{"a":{},"b":{}}}`, `{"query":{"term":{"lang":{"value":"a","boost":2}}}}`, `{"query":{"term":{"lang":null}}}`,
		`{"query":{"terms":{"lang":"a"}}}`, `{"query":{"range":{"lang":{"gt":"a"}}}}`, `{"query":{"range":{"likes":{"gt":"a"}}}}`,
		`{"query":{"range":{"@timestamp":{"gt":"now+"}}}}`, `{"query":{"range":{"@timestamp":{"gt":"now/q"}}}}`, `{"query":{"bool":{"must":1}}}`,
		`{"query":{"bool":{"should":[],"minimum_should_match":"75%"}}}`, `{"query":{"match":{"text":["a"]}}}`, `{"sort":"text"}`, `{"sort":"nothing"}`,
		`{"sort":[{"likes":"up"}]}`, `{"size":-1}`, `{"_source":1}`, `{"track_total_hits":"x"}`,
		`{"query":` + strings.Repeat(`{"bool":{"must":`, 50) + `{"match_all":{}}` + strings.Repeat("}}", 50) + `}`,
	} {
		if status, answer := do(t, client, esapi.SearchRequest{Index: []string{"tweets"}, Body: strings.NewReader(body)}); status != 400 {
			t.Errorf("%.80s: %d %v", body, status, answer)
		}
	}
}

func TestATargetIsResolvedAsElasticsearchDoes(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	for target, want := range map[string]int{
		"tweets": 4, "tweets-1": 2, "tweets-2": 3, "tweets-1,tweets-2": 5, "tweets-*": 5, "tweets*": 5, "_all": 5,
		"tweets,tweets-2": 5, "tweets-*,-tweets-1": 3, "nothing-*": 0,
	} {
		if got := count(t, client, target, ""); got != want {
			t.Errorf("%s: %d, want %d", target, got, want)
		}
	}
}

func TestHitsAreSortedAndPagedAndCounted(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	for body, want := range map[string][]string{
		`{"sort":[{"likes":"desc"},{"_doc":"asc"}]}`:                            {"2", "3", "1", "4"},
		`{"sort":[{"likes":"desc"},{"_doc":"desc"}],"size":2}`:                  {"3", "2"},
		`{"sort":[{"likes":"desc"},{"_doc":"desc"}],"size":2,"from":2}`:         {"1", "4"},
		`{"sort":{"popularity":{"order":"asc"}}}`:                               {"4", "1", "2", "3"},
		`{"sort":["@timestamp"]}`:                                               {"1", "2", "3", "4"},
		`{"sort":[{"lang":"desc"},"likes"]}`:                                    {"1", "2", "3", "4"},
		`{"sort":[{"teams":"desc"},"_doc"]}`:                                    {"2", "3", "1", "4"},
		`{"sort":[{"nothing":{"order":"asc","unmapped_type":"long"}},"likes"]}`: {"4", "1", "2", "3"},
		`{"query":{"match":{"text":"sleepy dog"}}}`:                             {"2", "1"},
	} {
		if diff := cmp.Diff(want, hits(t, client, "tweets", body)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	size := 1
	answer := must(t, client, esapi.SearchRequest{Index: []string{"tweets"}, Query: "lang:en", Size: &size, Sort: []string{"likes:desc"}, Source: []string{"teams"}, TrackTotalHits: true})
	got := answer["hits"].(map[string]any)
	want := map[string]any{"total": map[string]any{"value": 2.0, "relation": "eq"}, "max_score": nil, "hits": []any{
		map[string]any{"_index": "tweets-1", "_id": "2", "_score": nil, "_source": map[string]any{"teams": []any{"dogs"}}, "sort": []any{10.0}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	answer = must(t, client, esapi.SearchRequest{Index: []string{"tweets"}, TrackTotalHits: 2, Size: new(int)})
	if diff := cmp.Diff(map[string]any{"value": 2.0, "relation": "gte"}, answer["hits"].(map[string]any)["total"]); diff != "" {
		t.Error(diff)
	}
}

func TestSourcesAreFiltered(t *testing.T) {
	t.Parallel()
	source := []byte(`{"a":1,"o":{"x":1,"y":{"z":2}},"l":[{"x":1,"y":2},{"y":3}]}`)
	for filter, want := range map[string]string{
		`true`: string(source), `false`: "", `"a"`: `{"a":1}`, `["o.x","l.y"]`: `{"l":[{"y":2},{"y":3}],"o":{"x":1}}`, `"o"`: `{"o":{"x":1,"y":{"z":2}}}`,
		`"*.z"`: `{"o":{"y":{"z":2}}}`, `{"excludes":["o","l.*"]}`: `{"a":1,"l":[{},{}]}`, `{"includes":["o.*"],"excludes":["o.y"]}`: `{"o":{"x":1}}`,
	} {
		f, err := parseSourceFilter([]byte(filter))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.apply(source); string(got) != want || err != nil {
			t.Errorf("%s: got %s, %v; want %s", filter, got, err, want)
		}
	}
}

func TestAggregationsCountDocuments(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	answer := must(t, client, esapi.SearchRequest{Index: []string{"tweets"}, Body: strings.NewReader(`{"size":0,"aggs":{
		"teams":{"terms":{"field":"teams"}}, "tags":{"terms":{"field":"matched_rules.tag","size":1}}, "likes":{"terms":{"field":"likes","order":{"_key":"desc"}}},
		"promotional":{"terms":{"field":"promotional"}}, "days":{"terms":{"field":"deleted_at"}}, "n":{"value_count":{"field":"teams"}}}}`)})
	var got []string
	for name, one := range answer["aggregations"].(map[string]any) {
		one := one.(map[string]any)
		line := fmt.Sprint(name, " ", one["value"], " ", one["sum_other_doc_count"])
		buckets, _ := one["buckets"].([]any)
		for _, b := range buckets {
			b := b.(map[string]any)
			line += fmt.Sprint(" ", b["key"], "=", b["doc_count"])
		}
		got = append(got, line)
	}
	slices.Sort(got)
	want := []string{"days <nil> 0", "likes <nil> 0 10=2 5=1 -1=1", "n 4 <nil>", "promotional <nil> 0 0=1 1=1", "tags <nil> 1 cats with images=2", "teams <nil> 0 cats=2 dogs=2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestManyAlternativesAreOneQuery(t *testing.T) {
	t.Parallel()
	client := zoo(t)
	values := []string{`"en"`}
	for n := range 1000 {
		values = append(values, fmt.Sprintf(`"x%d"`, n))
	}
	if got := hits(t, client, "tweets", `{"sort":"_doc","query":{"terms":{"lang":[`+strings.Join(values, ",")+`]}}}`); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestDateMathIsEvaluated(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 34, 56, 789e6, time.UTC) // a Monday
	for _, test := range []struct {
		text string
		up   bool
		want string // empty if it is none
	}{
		{"now", false, "2026-11-23T12:34:56.789Z"}, {"now/d", false, "2026-11-23T00:00:00Z"}, {"now/d", true, "2026-11-23T23:59:59.999Z"},
		{"now-1h", false, "2026-11-23T11:34:56.789Z"}, {"now-1M/M", false, "2026-10-01T00:00:00Z"}, {"now+2w/w", false, "2026-12-07T00:00:00Z"},
		{"2026||/y", true, "2026-12-31T23:59:59.999Z"}, {"2026-02", true, "2026-02-28T23:59:59.999Z"}, {"2026-02-03T04:05", false, "2026-02-03T04:05:00Z"},
		{"1700000000000", false, "2023-11-14T22:13:20Z"}, {"now-", false, ""}, {"now*2d", false, ""}, {"now-1", false, ""}, {"x||+1d", false, ""}, {"now-99999999999999999999d", false, ""}, {"tomorrow", false, ""},
	} {
		ms, ok := dateMath(test.text, "", test.up, now)
		got := ""
		if ok {
			got = time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.text, got, test.want)
		}
	}
}

func FuzzQueryString(f *testing.F) {
	for _, seed := range []string{`a AND (b OR NOT c)`, `lang:"x y" -likes:[1 TO *} +text:(a b)`, `_exists_:lang *`, `likes:>=5 \: \`, "@timestamp:<now-1d/d"} {
		f.Add(seed)
	}
	store, err := openStore(f.Context(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.close() })
	mapping, err := parseMapping([]byte(`{"properties":{"lang":{"type":"keyword"},"text":{"type":"text"},"likes":{"type":"long"},"@timestamp":{"type":"date"}}}`))
	if err != nil {
		f.Fatal(err)
	}
	c := &compiler{mapping: mapping, fields: map[string]int64{"lang": 1, "text": 2, "likes": 3, "@timestamp": 4}, now: time.Unix(0, 0)}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parseQueryString(text, nil, "")
		if err != nil {
			return
		}
		p, err := q.compile(c)
		if err != nil {
			return
		}
		// What compiles must be a query that the store understands.
		if _, err := store.countMatches(t.Context(), p); err != nil {
			t.Errorf("%q compiles to %+v: %v", text, p, err)
		}
	})
}
