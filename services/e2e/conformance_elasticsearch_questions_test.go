//go:build unix

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func indexQuestions() []indexQuestion {
	return slices.Concat(bulkQuestions(), documentQuestions(), templateQuestions(), aliasQuestions(), searchQuestions(), refusalQuestions())
}

// conversation asks for the brief answers to requests; a request's body, if it has one, stands below its first line.
func conversation(requests ...string) func(*testing.T, *indexUnderTest) []string {
	return func(t *testing.T, x *indexUnderTest) []string {
		var said []string
		for _, r := range requests {
			head, body, _ := strings.Cut(r, "\n")
			said = append(said, x.send(t.Context(), t, head, body).brief())
		}
		return said
	}
}

// looking asks for values in the answer to a request, each by its path.
func looking(request string, paths ...[]any) func(*testing.T, *indexUnderTest) []string {
	return func(t *testing.T, x *indexUnderTest) []string {
		head, body, _ := strings.Cut(request, "\n")
		a := x.send(t.Context(), t, head, body)
		said := []string{a.brief()}
		for _, path := range paths {
			said = append(said, strings.ReplaceAll(fmt.Sprint(a.at(path...)), x.prefix, "$"))
		}
		return said
	}
}

// after puts documents into an index, visible, and then asks.
func after(index string, lines []string, ask func(*testing.T, *indexUnderTest) []string) func(*testing.T, *indexUnderTest) []string {
	return func(t *testing.T, x *indexUnderTest) []string {
		x.must(t, "POST /"+index+"/_bulk?refresh=true", strings.Join(lines, "\n")+"\n")
		return ask(t, x)
	}
}

func templateQuestions() []indexQuestion {
	return []indexQuestion{
		{"a template that is missing", conversation("GET /_index_template/$-missing", "GET /_component_template/$-missing", "HEAD /_index_template/$-missing", "DELETE /_index_template/$-missing"),
			[]string{"404 resource_not_found_exception", "404 resource_not_found_exception", "404", "404 index_template_missing_exception"}},
		{"a template of a component that is missing", conversation("PUT /_index_template/$-t\n" + `{"index_patterns":["$-t-*"],"composed_of":["$-missing"]}`), []string{"400 invalid_index_template_exception"}},
		{"removing a component in use", conversation("DELETE /_component_template/$-tweets-mapping"), []string{badArgument}},
		{"a component with a broken mapping", conversation("PUT /_component_template/$-broken\n" + `{"template":{"mappings":{"properties":{"a":{"type":"nonsense"}}}}}`), []string{"400 mapper_parsing_exception"}},
		{"a template without patterns", conversation("PUT /_index_template/$-t\n{}"), []string{badArgument}},
		{"a template that is no JSON", conversation("PUT /_index_template/$-t\n{"), []string{"400 x_content_e_o_f_exception"}},
		{"putting a template again", conversation("PUT /_index_template/$-again\n"+`{"index_patterns":["$-again-*"]}`, "PUT /_index_template/$-again\n"+`{"index_patterns":["$-again-*"]}`, "DELETE /_index_template/$-again"), []string{"200", "200", "200"}},
		{"the mapping of an index that a template made", after("$-tweets-made", []string{`{"index":{"_id":"1"}}`, `{}`}, func(t *testing.T, x *indexUnderTest) []string {
			index := x.prefix + "-tweets-made"
			a := x.send(t.Context(), t, "GET /"+index, "")
			var said []string
			for _, path := range [][]any{{"mappings", "dynamic"}, {"mappings", "properties", "text", "fields", "raw", "type"}, {"settings", "index", "number_of_replicas"}, {"settings", "index", "refresh_interval"}} {
				said = append(said, fmt.Sprint(a.at(append([]any{index}, path...)...)))
			}
			return said
		}), []string{"strict", "keyword", "0", "1s"}},
		{"an index that no template describes", after("$-other", []string{`{"index":{"_id":"1"}}`, `{"a":"word","n":1,"x":1.5,"b":true,"d":"2026-06-03T10:15:30Z"}`}, func(t *testing.T, x *indexUnderTest) []string {
			index := x.prefix + "-other"
			a := x.send(t.Context(), t, "GET /"+index+"/_mapping", "")
			var said []string
			for _, field := range []string{"a", "n", "x", "b", "d"} {
				said = append(said, fmt.Sprint(a.at(index, "mappings", "properties", field, "type")))
			}
			return said
		}), []string{"text", "long", "float", "boolean", "date"}},
	}
}

func aliasQuestions() []indexQuestion {
	posts := []string{`{"index":{"_id":"1"}}`, `{"tweet_id":"1","source":"alias","teams":["cats"]}`, `{"index":{"_id":"2"}}`, `{"tweet_id":"2","source":"alias","teams":["cats","dogs"]}`,
		`{"index":{"_id":"3"}}`, `{"tweet_id":"3","source":"alias","deleted_at":"2026-06-03T10:15:30Z"}`}
	count := func(path, query string) func(*testing.T, *indexUnderTest) []string {
		return after("$-tweets-posts", posts, looking("POST /"+path+"/_count\n"+`{"query":`+query+`}`, []any{"count"}))
	}
	return []indexQuestion{
		{"whether the alias leaves stubs out", count("$-tweets", `{"term":{"source":"alias"}}`), []string{"200", "2"}},
		{"a count of one index by its name in the query", count("$-tweets-*", `{"term":{"_index":"$-tweets-posts"}}`), []string{"200", "3"}},
		{"whether the index still has them", count("$-tweets-posts", `{"match_all":{}}`), []string{"200", "3"}},
		{"the demo's count", count("$-tweets-posts", `{"bool":{"filter":[{"term":{"teams":"cats"}}],"must_not":[{"exists":{"field":"deleted_at"}}]}}`), []string{"200", "2"}},
		{"a count by a name that is missing", conversation("GET /$-missing/_count", "GET /$-missing-*/_count?allow_no_indices=true"), []string{"404 index_not_found_exception", "200"}},
		{"writing to an alias of several indices", after("$-tweets-posts2", posts[:2], bulk(`{"index":{"_index":"$-tweets","_id":"9"}}`, `{}`)), []string{badArgument}},
		{"a write before a refresh", func(t *testing.T, x *indexUnderTest) []string {
			x.must(t, "PUT /$-still", `{"settings":{"index":{"refresh_interval":"-1","number_of_replicas":0}}}`)
			x.must(t, "POST /$-still/_bulk", `{"index":{"_id":"1"}}`+"\n{}\n")
			said := []string{x.must(t, "GET /$-still/_doc/1", "").brief(), fmt.Sprint(x.must(t, "GET /$-still/_count", "").at("count"))}
			x.must(t, "POST /$-still/_refresh", "")
			return append(said, fmt.Sprint(x.must(t, "GET /$-still/_count", "").at("count")))
		}, []string{"200", "0", "1"}},
	}
}

func searchQuestions() []indexQuestion {
	posts := []string{
		`{"index":{"_id":"1"}}`, `{"tweet_id":"1","text":"A cat, at night","lang":"en","popularity":1.5,"created_at":"2026-06-03T10:00:00Z","metrics":{"likes":3}}`,
		`{"index":{"_id":"2"}}`, `{"tweet_id":"2","text":"Zwei Hunde am Tag","lang":"de","popularity":0.5,"created_at":"2026-06-04T10:00:00Z","metrics":{"likes":30}}`,
		`{"index":{"_id":"3"}}`, `{"tweet_id":"3","text":"the dog and the CAT","lang":"en","popularity":7,"created_at":"2026-06-05T10:00:00Z"}`,
	}
	ids := func(body string) func(*testing.T, *indexUnderTest) []string {
		return after("$-tweets-search", posts, func(t *testing.T, x *indexUnderTest) []string {
			a := x.send(t.Context(), t, "POST /$-tweets-search/_search", body)
			said := []string{a.brief()}
			for i := 0; a.at("hits", "hits", i) != nil; i++ {
				said = append(said, fmt.Sprint(a.at("hits", "hits", i, "_id")))
			}
			return said
		})
	}
	const byID = `"sort":[{"tweet_id":"asc"}]`
	return []indexQuestion{
		{"a word in a text", ids(`{"query":{"match":{"text":"cat"}},` + byID + `}`), []string{"200", "1", "3"}},
		{"an exact value", ids(`{"query":{"term":{"lang":"en"}},` + byID + `}`), []string{"200", "1", "3"}},
		{"a range of times", ids(`{"query":{"range":{"created_at":{"gte":"2026-06-04T00:00:00Z","lt":"2026-06-05T00:00:00Z"}}},` + byID + `}`), []string{"200", "2"}},
		{"a range of numbers", ids(`{"query":{"range":{"metrics.likes":{"gt":3}}}}`), []string{"200", "2"}},
		{"the most popular", ids(`{"size":2,"sort":[{"popularity":{"order":"desc"}}]}`), []string{"200", "3", "1"}},
		{"what lacks a field", ids(`{"query":{"bool":{"must_not":[{"exists":{"field":"metrics.likes"}}]}}}`), []string{"200", "3"}},
		{"a query string", ids(`{"query":{"query_string":{"query":"text:cat AND lang:en AND popularity:[1 TO 2]"}}}`), []string{"200", "1"}},
		{"how many by language", after("$-tweets-search", posts, looking("POST /$-tweets-search/_search\n"+`{"size":0,"aggs":{"by":{"terms":{"field":"lang"}}}}`,
			[]any{"aggregations", "by", "buckets", 0, "key"}, []any{"aggregations", "by", "buckets", 0, "doc_count"}, []any{"aggregations", "by", "buckets", 1, "key"}, []any{"hits", "total", "value"})),
			[]string{"200", "en", "2", "de", "3"}},
		{"a query that is none", conversation("POST /$-tweets-search/_search\n"+`{"query":{"nonsense":{}}}`, "POST /$-tweets-search/_search\n"+`{"query":`), []string{"400 parsing_exception", "400 x_content_e_o_f_exception"}},
	}
}

func refusalQuestions() []indexQuestion {
	return []indexQuestion{
		{"who it is", looking("GET /", []any{"version", "number"}, []any{"tagline"}), []string{"200", "8.19.13", "You Know, for Search"}},
		{"the header that clients look for", func(t *testing.T, x *indexUnderTest) []string {
			return []string{x.send(t.Context(), t, "GET /", "").header.Get("X-Elastic-Product"), x.send(t.Context(), t, "GET /$-missing/_count", "").header.Get("X-Elastic-Product")}
		}, []string{"Elasticsearch", "Elasticsearch"}},
		{"an unknown parameter", conversation("GET /_cluster/health?nonsense=1"), []string{badArgument}},
		{"an unknown endpoint", conversation("GET /_nonsense", "DELETE /_bulk", "GET /$-tweets-1/_nonsense"), []string{"400 invalid_index_name_exception", "405", "405"}},
		{"an index that is there already", conversation("PUT /$-twice", "PUT /$-twice"), []string{"200", "400 resource_already_exists_exception"}},
		{"removing by a pattern", conversation("DELETE /$-tw*"), []string{badArgument}},
		{"a document that is missing", conversation("GET /$-twice/_doc/1", "GET /$-missing/_doc/1"), []string{"404", "404 index_not_found_exception"}},
	}
}
