package tweet

import (
	"fmt"

	"github.com/goccy/go-json"
)

// This file is the only one that names the JSON library of the hot path; lines of X, which must be read more exactly than any
// library does that fills structs, the enricher reads by itself (package enrich/strictjson). goccy/go-json was chosen because it decodes
// several times faster than encoding/json and, unlike the other fast ones, accepted and refused exactly what
// encoding/json does on mutated payloads; FuzzDecodeAgreesWithEncodingJSON keeps that so.

// Encode returns the document as one line of JSON without a line end. HTML characters are left as they are.
func Encode(d *Document) ([]byte, error) {
	b, err := json.MarshalWithOption(d, json.DisableHTMLEscape())
	if err != nil {
		return nil, fmt.Errorf("encode document %s: %w", d.TweetID, err)
	}
	return b, nil
}

// Decode reads a document. Unknown fields are passed over, so that a newer enricher can run before an older reader.
func Decode(b []byte) (*Document, error) {
	d := new(Document)
	if err := DecodeJSON(b, d); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	return d, nil
}

// DecodeJSON decodes b, one whole JSON value, into v.
func DecodeJSON(b []byte, v any) error { return json.Unmarshal(b, v) }
