// Package schemas holds the contracts between the parts of the pipeline: one JSON Schema (draft 2020-12) for each
// topic, for the dead-letter headers, for the accounts that the ledger keeps and for contest.yaml, and the templates of
// the indices that mirror them.
//
// The package owns the documents only. The Go types live where they are used (pipeline/tweet, pipeline/delivery,
// pipeline/contest, ledger), and tests there fail when type and schema drift apart.
package schemas

import (
	"bytes"
	_ "embed"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The contracts, each a whole JSON document.
var (
	// RawTweet describes the headers of a record in tweets.raw.
	//go:embed raw-tweet.v1.json
	RawTweet []byte

	// XTweet describes the value of a record in tweets.raw whose schema header is x.tweet.v2.
	//go:embed x-tweet.v2.json
	XTweet []byte

	// EnrichedTweet describes the value of a record in tweets.enriched.
	//go:embed enriched-tweet.v1.json
	EnrichedTweet []byte

	// DeadLetter describes the headers of a record in tweets.dlq.
	//go:embed dead-letter.v1.json
	DeadLetter []byte

	// LedgerAccount describes a document of catsvdogs-ledger.
	//go:embed ledger-account.v1.json
	LedgerAccount []byte

	// Contest describes contest.yaml.
	//go:embed contest.v1.json
	Contest []byte
)

// Compile returns a validator of one of the contracts that are JSON Schemas. Formats such as date-time are checked. The
// library is santhosh-tekuri/jsonschema: it passes the official suite, is maintained, and names every mistake with its
// place.
func Compile(contract []byte) (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(contract))
	if err != nil {
		return nil, fmt.Errorf("read a JSON Schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const name = "contract.json"
	if err := c.AddResource(name, document); err != nil {
		return nil, fmt.Errorf("read a JSON Schema: %w", err)
	}
	compiled, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("compile a JSON Schema: %w", err)
	}
	return compiled, nil
}
