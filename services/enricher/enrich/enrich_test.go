package enrich

import (
	"bytes"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"catsvdogs/schemas"
	"catsvdogs/services/enricher/promotion"
	"catsvdogs/services/pipeline/contest"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	observed = time.Date(2026, 6, 3, 10, 15, 30, 123_456_789, time.UTC)
	now      = observed.Add(8 * time.Millisecond)
)

func newEnricher(t testing.TB) *Enricher {
	t.Helper()
	c, err := contest.Load("../../../contest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func raw(line []byte) tweet.Raw {
	return tweet.Raw{Value: line, Source: tweet.SourceX, Schema: tweet.SchemaX, Kind: tweet.KindStream, ObservedAt: observed}
}

// event is a record of Bluesky.
func event(frame []byte) tweet.Raw {
	return tweet.Raw{Value: frame, Source: tweet.SourceBluesky, Schema: tweet.SchemaBluesky, Kind: tweet.KindStream, ObservedAt: observed}
}

// goldenRecords are the lines and events in testdata, by file.
func goldenRecords(t testing.TB) map[string]tweet.Raw {
	t.Helper()
	records := map[string]tweet.Raw{}
	for ending, record := range map[string]func([]byte) tweet.Raw{".line.json": raw, ".event.json": event} {
		files, err := filepath.Glob("testdata/*" + ending)
		if err != nil || len(files) == 0 {
			t.Fatalf("no golden files: %v", err)
		}
		for _, file := range files {
			records[file] = record(readFile(t, file))
		}
	}
	return records
}

// TestEveryGoldenLineGivesItsGoldenDocument holds today's enricher against every line ever put into testdata.
func TestEveryGoldenLineGivesItsGoldenDocument(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	schema := compileSchema(t)
	for file, record := range goldenRecords(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			doc, err := e.Enrich(record, now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tweet.Encode(doc)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, schema, got)
			name, _, _ := strings.Cut(file, ".")
			compareGolden(t, name+".document.json", got)
		})
	}
}

func TestWhatCannotBeReadIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	post := func(fields string) string { return `{"data":{"id":"2060000000000000001",` + fields + `}}` }
	for reason, lines := range map[string][]string{
		"invalid_json":          {``, `{`, `<html>Bad Gateway</html>`, `{"data":{"id":"1"}} trailing`, "{\"data\":{\"id\":\"1\",\"text\":\"\x01\"}}", strings.Repeat("[", 20_000)},
		"invalid_utf8":          {"{\"data\":{\"id\":\"2060000000000000001\",\"text\":\"\xff\"}}"},
		"unexpected_type":       {`[]`, `1`, `"text"`, `{"data":[]}`, `{"data":{"id":5}}`, `{"data":{"id":5.0}}`, post(`"text":{}`), post(`"text":5`), post(`"matching_rules":{},"entities":[]`), post(`"public_metrics":[]`)},
		"not_a_post":            {`{}`, `null`, `{"data":null}`, `{"foo":{"bar":1}}`},
		"invalid_id":            {`{"data":{}}`, `{"data":{"id":"12a"}}`, `{"data":{"id":"123456789012345678901"}}`, post(`"edit_history_tweet_ids":["../etc"]`)},
		"unknown_creation_time": {`{"data":{"id":"1"}}`, `{"data":{"id":"1","created_at":"yesterday"}}`, `{"data":{"id":"1","created_at":"0001-01-01T00:00:00Z"}}`, `{"data":{"id":"1","created_at":"2006-03-20T23:59:59Z"}}`},
		"created_in_the_future": {`{"data":{"id":"9000000000000000000"}}`},
		"out_of_bounds": {
			post(`"text":"` + strings.Repeat("x", maxTextRunes+1) + `"`), post(`"lang":"` + strings.Repeat("x", 33) + `"`),
			post(`"entities":{"hashtags":[{"tag":"` + strings.Repeat("x", 513) + `"}]}`),
		},
	} {
		for _, line := range lines {
			_, err := e.Enrich(raw([]byte(line)), now)
			refusal, ok := delivery.AsRefusal(err)
			if !ok || refusal.Reason != reason || refusal.Detail == "" {
				t.Errorf("%.60s: got %v, want %s", line, err, reason)
			}
		}
	}
}

func TestARecordThatThisEnricherDoesNotKnowIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	line := []byte(`{"data":{"id":"2060000000000000001"}}`)
	for reason, change := range map[string]func(*tweet.Raw){
		"line_too_long":  func(r *tweet.Raw) { r.Truncated = &tweet.Truncation{Length: 2 << 20, SHA256: "ab"} },
		"unknown_schema": func(r *tweet.Raw) { r.Schema = "x.tweet.v3" },
		"gap_not_filled": func(r *tweet.Raw) { r.Kind = tweet.KindGap },
		"unknown_kind":   func(r *tweet.Raw) { r.Kind = "rumour" },
	} {
		r := raw(line)
		change(&r)
		_, err := e.Enrich(r, now)
		if refusal, ok := delivery.AsRefusal(err); !ok || refusal.Reason != reason {
			t.Errorf("got %v, want %s", err, reason)
		}
	}
}

func TestAnotherContestCountsForOtherTeams(t *testing.T) {
	t.Parallel()
	c, err := contest.Load("../../../schemas/testdata/contest.v1/valid/coffee-v-tea.json")
	if err != nil {
		t.Fatal(err)
	}
	line := `{"data":{"id":"2060000000000000001","text":"#tea"},"matching_rules":[{"id":"7","tag":"tea with images"},{"id":"8","tag":"cats with images"}]}`
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := e.Enrich(raw([]byte(line)), now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tea"}, doc.Teams); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"tea with images", "cats with images"}, doc.Categories); diff != "" {
		t.Error(diff)
	}
}

// FuzzEnrich: whatever the bytes, there is a refusal with a reason or a document that follows its schema, and the same
// bytes give the same.
func FuzzEnrich(f *testing.F) {
	for _, record := range goldenRecords(f) {
		f.Add(record.Value, record.Schema)
	}
	f.Add([]byte(`{"data":{"id":"2060000000000000001","text":"\ud83d","lang":"en"},"matching_rules":[{"tag":""}]}`), tweet.SchemaX)
	e := newEnricher(f)
	schema := compileSchema(f)
	f.Fuzz(func(t *testing.T, value []byte, header string) {
		record := raw(value)
		if record.Schema = header; header == tweet.SchemaBluesky {
			record.Source = tweet.SourceBluesky
		}
		doc, err := e.Enrich(record, now)
		if err != nil {
			if r, ok := delivery.AsRefusal(err); !ok || r.Reason == "" {
				t.Fatalf("an error that is no refusal: %v", err)
			}
			return
		}
		got, err := tweet.Encode(doc)
		if err != nil {
			t.Fatal(err)
		}
		validate(t, schema, got)
		repeated, err := tweet.Encode(repeatedOften(t, e, record))
		if err != nil {
			t.Fatal(err)
		}
		validate(t, schema, repeated)
		if header == tweet.SchemaBluesky {
			if at, ok := tweet.CreatedFromKey(doc.TweetID); !ok || !millis(at).Equal(doc.CreatedAt) {
				t.Fatalf("%s was created at %s; a deletion would look for it at %s", doc.TweetID, doc.CreatedAt, at)
			}
		}
		again, err := e.Enrich(record, now)
		if err != nil || cmp.Diff(doc, again) != "" {
			t.Fatalf("the same line gives something else: %v\n%s", err, cmp.Diff(doc, again))
		}
	})
}

// repeatedOften is the document of a record whose text was posted before.
func repeatedOften(t *testing.T, e *Enricher, record tweet.Raw) *tweet.Document {
	t.Helper()
	d, err := e.Draft(record, now)
	if err != nil {
		t.Fatal(err)
	}
	return e.Finish(&d, promotion.Repeats{Own: promotion.MaxRepeats})
}

// TestMutatedRecordsAreRefusedOrFollowTheSchema does a little of what FuzzEnrich does, with the pieces of the golden records
// put together anew, in every run of the tests.
func TestMutatedRecordsAreRefusedOrFollowTheSchema(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	schema := compileSchema(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var all []tweet.Raw
	for _, file := range slices.Sorted(maps.Keys(goldenRecords(t))) {
		all = append(all, goldenRecords(t)[file])
	}
	pieces := []string{`""`, `null`, `{}`, `[]`, `-1`, `1e400`, `9007199254740993`, `true`, `"\ud800"`, `[[]]`, `"` + strings.Repeat("é", 600) + `"`, `,`, `:`}
	documents := 0
	for range 4000 {
		record := all[rng.IntN(len(all))]
		value := slices.Clone(record.Value)
		// A value is put in place of another one, where a colon or a comma begins it.
		for range 1 + rng.IntN(2) {
			at := rng.IntN(len(value))
			begin := at + bytes.IndexAny(value[at:], ":,") + 1
			end := begin + bytes.IndexAny(value[begin:], ",}]")
			if begin == at || end < begin {
				continue
			}
			value = slices.Concat(value[:begin], []byte(pieces[rng.IntN(len(pieces))]), value[end:])
		}
		record.Value = value
		doc, err := e.Enrich(record, now)
		if err != nil {
			if r, ok := delivery.AsRefusal(err); !ok || r.Reason == "" {
				t.Fatalf("%s: an error that is no refusal: %v", value, err)
			}
			continue
		}
		documents++
		for _, doc := range []*tweet.Document{doc, repeatedOften(t, e, record)} {
			got, err := tweet.Encode(doc)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, schema, got)
		}
	}
	if documents < 300 {
		t.Errorf("only %d gave a document", documents)
	}
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	schema, err := schemas.Compile(schemas.EnrichedTweet)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t testing.TB, schema *jsonschema.Schema, document []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("the document is no JSON: %v", err)
	}
	if err := schema.Validate(value); err != nil {
		t.Fatalf("the document does not follow its schema: %v\n%s", err, document)
	}
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
