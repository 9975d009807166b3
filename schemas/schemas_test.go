package schemas

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contracts are the JSON Schemas by the folder of their examples.
var contracts = map[string][]byte{
	"enriched-tweet.v1": EnrichedTweet,
	"raw-tweet.v1":      RawTweet,
	"x-tweet.v2":        XTweet,
	"dead-letter.v1":    DeadLetter,
	"ledger-account.v1": LedgerAccount,
	"contest.v1":        Contest,
}

func TestValidExamplesFollowTheirSchema(t *testing.T) {
	t.Parallel()
	eachExample(t, "valid", func(t *testing.T, schema *jsonschema.Schema, example any) {
		if err := schema.Validate(example); err != nil {
			t.Error(err)
		}
	})
}

func TestInvalidExamplesAreRefused(t *testing.T) {
	t.Parallel()
	eachExample(t, "invalid", func(t *testing.T, schema *jsonschema.Schema, example any) {
		if schema.Validate(example) == nil {
			t.Error("the schema takes it")
		}
	})
}

func eachExample(t *testing.T, kind string, check func(*testing.T, *jsonschema.Schema, any)) {
	for name, text := range contracts {
		schema, err := Compile(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files, err := filepath.Glob(filepath.Join("testdata", name, kind, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no %s examples: %v", name, kind, err)
		}
		for _, file := range files {
			t.Run(name+"/"+filepath.Base(file), func(t *testing.T) {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				example, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				check(t, schema, example)
			})
		}
	}
}
