package enrich

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/schemas"
	"catsvdogs/services/pipeline/delivery"
	"catsvdogs/services/pipeline/tweet"
)

// goldenRecord is a whole record of tweets.raw as some version of ingest wrote it, or as a newer one may, in
// testdata/records, with what becomes of it: a document (the file of that name in testdata/records/documents), a refusal
// or a deletion. Records are added when what is written changes, and never changed or taken away: they are what an upgrade
// finds in Kafka and in the archive.
type goldenRecord struct {
	Key     *string           `json:"key"`
	Headers map[string]string `json:"headers"`
	Value   string            `json:"value"`
	Refused string            `json:"refused"`
	Deleted bool              `json:"deleted"`
}

func (g goldenRecord) raw(t *testing.T) tweet.Raw {
	t.Helper()
	var key []byte
	if g.Key != nil {
		key = []byte(*g.Key)
	}
	r, err := tweet.ParseRaw(key, []byte(g.Value), func(yield func(tweet.Header) bool) {
		for _, name := range slices.Sorted(maps.Keys(g.Headers)) {
			if !yield(tweet.Header{Key: name, Value: []byte(g.Headers[name])}) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func goldenRecordsByName(t *testing.T) map[string]goldenRecord {
	t.Helper()
	files, err := filepath.Glob("testdata/records/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden records: %v", err)
	}
	records := map[string]goldenRecord{}
	for _, file := range files {
		var g goldenRecord
		if err := json.Unmarshal(readFile(t, file), &g); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		records[strings.TrimSuffix(filepath.Base(file), ".json")] = g
	}
	return records
}

func TestEveryRecordEverWrittenIsStillRead(t *testing.T) {
	t.Parallel()
	e := newEnricher(t)
	schema := compileSchema(t)
	for name, g := range goldenRecordsByName(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := g.raw(t)
			if g.Deleted {
				if id, err := Deletion(record); err != nil || id != *g.Key || record.Kind != tweet.KindDelete {
					t.Errorf("%s: %q, %v", record.Kind, id, err)
				}
				return
			}
			doc, err := e.Enrich(record, now)
			if refusal, refused := delivery.AsRefusal(err); refused || g.Refused != "" {
				if !refused || refusal.Reason != g.Refused {
					t.Errorf("got %v, want the refusal %q", err, g.Refused)
				}
				return
			}
			if g.Key == nil || doc.TweetID != *g.Key {
				t.Errorf("the key is not %s", doc.TweetID)
			}
			got, err := tweet.Encode(doc)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, schema, got)
			compareGolden(t, filepath.Join("testdata", "records", "documents", name+".json"), got)
		})
	}
}

// TestEveryHeaderAndKindOfRecordHasAGoldenOne fails when what is written gets something new and no record is added.
func TestEveryHeaderAndKindOfRecordHasAGoldenOne(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties map[string]struct {
			Enum []string `json:"enum"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(schemas.RawTweet, &schema); err != nil {
		t.Fatal(err)
	}
	written := map[string]map[string]bool{}
	for _, g := range goldenRecordsByName(t) {
		for name, value := range g.Headers {
			if written[name] == nil {
				written[name] = map[string]bool{}
			}
			written[name][value] = true
		}
	}
	for name, property := range schema.Properties {
		if written[name] == nil {
			t.Errorf("no record has the header %s", name)
		}
		for _, value := range property.Enum {
			if !written[name][value] {
				t.Errorf("no record has %s: %s", name, value)
			}
		}
	}
}

// compareGolden holds a document against a golden file; with -update it writes the file.
func compareGolden(t *testing.T, file string, document []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, document, "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(readFile(t, file)), pretty.String()); diff != "" {
		t.Errorf("golden (-) and got (+) differ; -update writes it anew:\n%s", diff)
	}
}
