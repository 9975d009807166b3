//go:build unix

package e2e

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"catsvdogs/services/e2e/realparts"
)

type indexQuestion = question[*indexUnderTest]

// bulk asks for the verdicts on the lines of a bulk.
func bulk(lines ...string) func(*testing.T, *indexUnderTest) []string {
	return func(t *testing.T, x *indexUnderTest) []string {
		return x.send(t.Context(), t, "POST /$-tweets-1/_bulk?refresh=true", strings.Join(lines, "\n")+"\n").verdicts()
	}
}

// bulkBody asks for the verdicts on a body, whole.
func bulkBody(body string) func(*testing.T, *indexUnderTest) []string {
	return func(t *testing.T, x *indexUnderTest) []string {
		return x.send(t.Context(), t, "POST /$-tweets-1/_bulk", body).verdicts()
	}
}

// document asks for the verdict on one document under a new id.
func document(source string) func(*testing.T, *indexUnderTest) []string {
	return func(t *testing.T, x *indexUnderTest) []string {
		return x.send(t.Context(), t, "POST /$-tweets-1/_bulk", fmt.Sprintf(`{"index":{"_id":"%s"}}`+"\n%s\n", rand.Text(), source)).verdicts()
	}
}

const (
	stored       = "201 created 1"
	strict       = "400 strict_dynamic_mapping_exception"
	unparsed     = "400 document_parsing_exception"
	badArgument  = "400 illegal_argument_exception"
	invalid      = "400 action_request_validation_exception"
	versionTaken = "409 version_conflict_engine_exception"
)

func bulkQuestions() []indexQuestion {
	gte := func(action string, version int) string {
		return fmt.Sprintf(`{"%s":{"_index":"$-versions","_id":"1","version":%d,"version_type":"external_gte"}}`, action, version)
	}
	long := strings.Repeat("x", 513)
	return []indexQuestion{
		{"which version wins", bulk(gte("index", 5), `{}`, gte("index", 5), `{}`, gte("index", 4), `{}`, gte("index", 6), `{}`,
			gte("delete", 7), gte("index", 6), `{}`, gte("index", 7), `{}`),
			[]string{"201 created 5", "200 updated 5", versionTaken, "200 updated 6", "200 deleted 7", versionTaken, "201 created 7"}},
		{"whether the refusal of one touches others", bulk(`{"index":{"_id":"a"}}`, `{"tweet_id":"1"}`, `{"index":{"_id":"b"}}`, `{"unknown":1}`,
			`{"index":{"_id":"c"}}`, `{"tweet_id":`, `{"index":{"_id":"d"}}`, `{"tweet_id":"2"}`), []string{stored, strict, unparsed, stored}},
		{"creating twice", bulk(`{"create":{"_id":"e"}}`, `{}`, `{"create":{"_id":"e"}}`, `{}`), []string{stored, versionTaken}},
		{"deleting what is not there", bulk(`{"delete":{"_id":"none"}}`, `{"delete":{"_index":"$-none","_id":"1"}}`), []string{"404 not_found 1", "404 index_not_found_exception"}},
		{"a bulk of nothing", bulkBody(""), []string{"400 parse_exception"}},
		{"a bulk of an empty line", bulkBody("\n"), []string{invalid}},
		{"a bulk without its last line end", bulkBody(`{"index":{}}` + "\n{}"), []string{badArgument}},
		{"an action without a document", bulkBody(`{"index":{}}` + "\n"), []string{invalid}},
		{"an action line that names no action", bulkBody("{}\n"), []string{badArgument}},
		{"an action line that is a list", bulkBody("[]\n"), []string{badArgument}},
		{"an unknown action", bulkBody(`{"explode":{}}` + "\n{}\n"), []string{badArgument}},
		{"an id that is a number", bulkBody(`{"index":{"_id":5}}` + "\n{}\n"), []string{stored}},
		{"a version that is none", bulkBody(`{"index":{"_id":"f","version":"many"}}` + "\n{}\n"), []string{badArgument}},
		{"an empty id beside a good one", bulk(`{"index":{"_id":""}}`, `{}`, `{"index":{"_id":"g"}}`, `{}`), []string{badArgument, stored}},
		{"a long id beside a good one", bulk(`{"index":{"_id":"`+long+`"}}`, `{}`, `{"index":{"_id":"h"}}`, `{}`), []string{invalid}},
		{"an index that cannot be beside one that can", bulk(`{"index":{"_index":"$-UPPER"}}`, `{}`, `{"index":{"_id":"i"}}`, `{}`), []string{"400 invalid_index_name_exception", stored}},
		{"more than a node can hold, then less", func(t *testing.T, x *indexUnderTest) []string {
			if x.given {
				t.Skip("the server was given; what it can hold is not known")
			}
			large := `{"text":"` + strings.Repeat("x", realparts.IndexingPressureBytes+1<<20) + `"}`
			return append(document(large)(t, x), document(`{"tweet_id":"1"}`)(t, x)...)
		}, []string{"429 es_rejected_execution_exception", stored}},
	}
}

// documentQuestions hold documents against the strict mapping of posts.
func documentQuestions() []indexQuestion {
	x := func(n int) string { return strings.Repeat("x", n) }
	var all []indexQuestion
	for _, d := range [][2]string{
		{`{}`, stored}, {`[]`, unparsed}, {`5`, unparsed}, {`"x"`, unparsed}, {`null`, unparsed}, {`{} {}`, badArgument}, {`{"lang":"a"`, unparsed},
		{`{"unknown":1}`, strict}, {`{"metrics":{"unknown":1}}`, strict}, {`{"unknown":null}`, strict},
		{`{"metrics":{"likes":"7"}}`, stored}, {`{"metrics":{"likes":1.5}}`, stored}, {`{"metrics":{"likes":1e3}}`, stored}, {`{"metrics":{"likes":""}}`, stored},
		{`{"metrics":{"likes":9223372036854775807}}`, stored}, {`{"metrics":{"likes":9223372036854775808}}`, unparsed},
		{`{"metrics":{"likes":"many"}}`, unparsed}, {`{"metrics":{"likes":true}}`, unparsed}, {`{"observations":3000000000}`, unparsed},
		{`{"popularity":"1.5"}`, stored}, {`{"popularity":-0.0}`, stored}, {`{"popularity":"NaN"}`, unparsed}, {`{"popularity":1e400}`, unparsed},
		{`{"created_at":"2026-06-03T10:15:30.123Z"}`, stored}, {`{"created_at":"2026-06-03T10:15:30.123456789+02:00"}`, stored}, {`{"created_at":"2026-06-03"}`, stored},
		{`{"created_at":1700000000000}`, stored}, {`{"created_at":1.5}`, stored}, {`{"created_at":"yesterday"}`, unparsed}, {`{"created_at":""}`, unparsed}, {`{"created_at":"2026-02-30T00:00:00Z"}`, unparsed}, {`{"created_at":true}`, unparsed},
		{`{"promotional":"false"}`, stored}, {`{"promotional":""}`, stored}, {`{"promotional":1}`, unparsed}, {`{"promotional":"yes"}`, unparsed},
		{`{"lang":5}`, stored}, {`{"lang":true}`, stored}, {`{"lang":""}`, stored}, {`{"lang":null}`, stored}, {`{"lang":{"a":1}}`, unparsed},
		{`{"hashtags":[]}`, stored}, {`{"hashtags":["a",null,["b"]]}`, stored}, {`{"hashtags":[{"a":1}]}`, unparsed},
		{`{"lang":"` + x(32766) + `"}`, stored}, {`{"lang":"` + x(32767) + `"}`, unparsed}, {`{"url":"` + x(32767) + `"}`, unparsed}, {`{"text":"` + x(40000) + `"}`, stored},
		{`{"metrics":5}`, unparsed}, {`{"metrics":null}`, stored}, {`{"metrics":[]}`, stored}, {`{"metrics":{}}`, stored},
		{`{"metrics":[{"likes":1},{"likes":2}]}`, stored}, {`{"matched_rules":[{"id":"1"},5]}`, unparsed},
		{`{"text":"\u0000","lang":"\u0000"}`, stored}, {`{"lang":"\ud800"}`, stored}, {`{"text":"\ud800"}`, stored}, {"{\"text\":\"\xff\"}", unparsed}, {"{\"text\":\"\x01\"}", unparsed}, {`{"text":"👩‍👩‍👧‍👦"}`, stored},
		{`{"":1}`, unparsed}, {`{" ":1}`, unparsed}, {`{"metrics.likes":1}`, stored}, {`{".":1}`, unparsed}, {`{"lang":"a","lang":"b"}`, unparsed}, {`{"_id":"x"}`, unparsed},
	} {
		all = append(all, indexQuestion{documentAsked(d[0]), document(d[0]), []string{d[1]}})
	}
	return all
}

// documentAsked names the question about a document.
func documentAsked(source string) string {
	if len(source) > 80 {
		return fmt.Sprintf("the document %s… of %d bytes", source[:20], len(source))
	}
	return "the document " + source
}
