package ledger

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"catsvdogs/services/ledger/account"
)

func contestOf(t *testing.T, text string) *contest {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contest.yaml")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	c, err := readContest(path)
	must(t, err)
	return c
}

const catsAndDogs = `
teams: [{id: c, name: Cats}, {id: d, name: Dogs}]
rules: [{tag: "{team} with images"}, {tag: "{team} with videos"}]
popularity: {likes: 2}
`

// fullLine is a line with everything that a document copies: an edit of a long quote with pictures.
func fullLine() *kgo.Record {
	value := fmt.Sprintf(`{"data":{"id":"%[2]s","edit_history_tweet_ids":["%[1]s","%[2]s"],"text":"short …","note_tweet":{"text":"long #Cat"},"lang":"de","author_id":"7",
		"entities":{"hashtags":[{"tag":"Cat"}]},"referenced_tweets":[{"type":"replied_to","id":"1"},{"type":"quoted","id":"2"}],"attachments":{"media_keys":["a","b"]},
		"public_metrics":{"retweet_count":1,"reply_count":2,"like_count":3,"quote_count":4,"bookmark_count":5}},
		"includes":{"media":[{"media_key":"b","type":"video"},{"media_key":"a","type":"photo"},{"media_key":"of the quoted","type":"photo"}]},
		"matching_rules":[{"id":"8","tag":"cats with images"},{"id":"9","tag":"dogs with images"}]}`, id(1), id(5))
	return &kgo.Record{Key: []byte(id(1)), Value: []byte(value), Headers: rawHeaders("stream", later)}
}

// fullDocument is what README and schemas say that a document of it is.
func fullDocument() map[string]any {
	created := "2026-06-03T12:00:00.001Z"
	return map[string]any{
		"tweet_id": id(1), "version_id": id(5), "@timestamp": created, "created_at": created, "observed_at": "2026-06-03T12:00:00.005Z", "source": "simulator",
		"kind": "quote", "text": "long #Cat", "lang": "de", "author_id": "7", "hashtags": []string{"cat"}, "teams": []string{"d", "c"}, "media": []string{"image", "video"},
		"categories":    []string{"cats with images", "dogs with images"},
		"matched_rules": []map[string]string{{"id": "8", "tag": "cats with images"}, {"id": "9", "tag": "dogs with images"}},
		"metrics":       map[string]int{"retweets": 1, "replies": 2, "likes": 3, "quotes": 4, "bookmarks": 5},
		"popularity":    2.8034, // ln(1 + 1 + 2 + 2·3 + 4 + 0.5·5)
		"observations":  2, "revision": 1, "pipeline": map[string]string{"received_at": later.Format(time.RFC3339)},
	}
}

func madeFrom(t *testing.T, document map[string]any) *kgo.Record {
	t.Helper()
	value, err := json.Marshal(document)
	must(t, err)
	return &kgo.Record{Key: []byte(id(1)), Value: value, Headers: []kgo.RecordHeader{{Key: "observed_at", Value: []byte("2026-06-03T12:00:00.005Z")}}}
}

func TestADocumentIsHeldAgainstItsLineFieldByField(t *testing.T) {
	t.Parallel()
	c := contestOf(t, catsAndDogs)
	judge := func(document *kgo.Record) string {
		copies := account.Copies{Most: 10}
		if found := copies.Make(account.Place{}, c.documentSays(document)); len(found) > 0 {
			t.Fatalf("before its line is read, a document is judged: %v", found)
		}
		var told []string
		for _, f := range copies.Record(account.Place{}, id(1), c.lineSays(fullLine())) {
			told = append(told, string(f.Kind)+" "+f.Detail)
		}
		return strings.Join(told, "; ")
	}
	if told := judge(madeFrom(t, fullDocument())); told != "" {
		t.Errorf("of the right document it says %s", told)
	}
	for field, value := range map[string]any{
		"tweet_id": id(5), "version_id": "", "@timestamp": later, "created_at": later, "observed_at": later, "source": "x", "kind": "post", "text": "short …", "lang": "en",
		"author_id": "8", "hashtags": []string{}, "teams": []string{"c"}, "media": []string{"image"}, "categories": []string{"cats with images"}, "matched_rules": nil,
		"metrics": map[string]int{"retweets": 1, "replies": 2, "likes": 3, "quotes": 4}, "popularity": 2.8035, "observations": 1, "revision": 0,
		"pipeline": map[string]any{"received_at": noon},
	} {
		document := fullDocument()
		document[field] = value
		if field == "pipeline" {
			field = "received_at"
		}
		if told := judge(madeFrom(t, document)); !strings.Contains(told, "enrich_differs") || !strings.Contains(told, field) {
			t.Errorf("of a document with another %s it says %q", field, told)
		}
	}
	other := madeFrom(t, fullDocument())
	other.Key = []byte(id(5))
	if told := judge(other); !strings.Contains(told, "its key") {
		t.Errorf("of a document with another key it says %q", told)
	}
}

func TestWithoutAContestTeamsAndPopularityAreNotJudged(t *testing.T) {
	t.Parallel()
	var c *contest
	document := fullDocument()
	document["teams"], document["popularity"] = nil, 0
	copies := account.Copies{Most: 10}
	copies.Record(account.Place{}, id(1), c.lineSays(fullLine()))
	if found := copies.Make(account.Place{}, c.documentSays(madeFrom(t, document))); len(found) > 0 || copies.Judged != 1 {
		t.Errorf("%d are judged: %v", copies.Judged, found)
	}
}

// What a line is that is odd the enricher alone can say.
func TestNothingIsDemandedOfAnOddLine(t *testing.T) {
	t.Parallel()
	c := contestOf(t, catsAndDogs)
	whole := string(fullLine().Value)
	for old, odd := range map[string]string{
		`"like_count":3`: `"like_count":3.5`, `"lang":"de"`: `"lang":5`, `"author_id":"7"`: `"author_id":7`, `"tag":"Cat"`: `"tag":""`, `"media_keys":["a","b"]`: `"media_keys":"a"`,
		`"type":"quoted"`: `"type":{}`, `"id":"8"`: `"id":[]`, id(1): "12", "long #Cat": "long \xff", `{"data":`: `{"DATA":`, `"matching_rules":[`: `"matching_rules":[3,`,
	} {
		r := fullLine()
		if r.Value = []byte(strings.Replace(whole, old, odd, 1)); string(r.Value) == whole {
			t.Fatalf("the line has no %s", old)
		}
		if said := c.lineSays(r); said.Made != account.Unknown {
			t.Errorf("of a line with %s it is said that it is to be %s", odd, said.Made)
		}
	}
	for _, odd := range [][2]string{
		{"schema", "x.tweet.v3"}, {"observed_at", "yesterday"}, {"observed_at", "9999-12-31T23:59:59-23:59"}, {"kind", "unheard-of"}, {"source", ""}, {"source", "\xff"},
		{"truncated_length", "5"}, {"truncated_sha256", ""}, {"matched_rules", "{"}, {"matched_rules", "null"}, {"earlier", "{}"}, {"counts", ""}, {"sample", "x"},
	} {
		name, value := odd[0], odd[1]
		r := fullLine()
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
		if said := c.lineSays(r); said.Made != account.Unknown {
			t.Errorf("of a record with %s=%s it is said that it is to be %s", name, value, said.Made)
		}
	}
}

func TestAFileThatIsNoContestIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "contest.yaml")
	for _, text := range []string{"", "teams: [", "teams: []\nrules: [{tag: x}]", strings.Repeat("#", maxContestBytes+1)} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := readContest(path); err == nil || !strings.Contains(err.Error(), "--contest="+path) {
			t.Errorf("%.40q gives %v", text, err)
		}
	}
	if _, err := readContest(path + ".missing"); err == nil {
		t.Error("a file that is missing is a contest")
	}
}

func FuzzLineSays(f *testing.F) {
	f.Add(fullLine().Value, "stream", "")
	f.Add(rawPost(1).Value, "refresh", `{"arrived_at":"2026-06-03T12:00:00Z","observed_at":"2026-06-03T12:00:00Z","observations":1}`)
	f.Fuzz(func(t *testing.T, value []byte, kind, earlier string) {
		var c *contest
		r := &kgo.Record{Value: value, Headers: append(rawHeaders(kind, later), kgo.RecordHeader{Key: "earlier", Value: []byte(earlier)})}
		if said := c.lineSays(r); said.Made == account.AsDocument && (said.Said[account.Text] == 0 || !json.Valid(value)) {
			t.Errorf("%q is to be a document of no text", value)
		}
	})
}
